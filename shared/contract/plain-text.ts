/** U+FEFF, which many editors and serializers write at the start of a text. */
const BYTE_ORDER_MARKS = /^\ufeff+/;

/** A text as it is stored and sent: without leading byte order marks, every lone surrogate replaced by U+FFFD. */
export function plainText(text: string): string {
  return text.replace(BYTE_ORDER_MARKS, "").toWellFormed();
}

/** The first `most` UTF-16 units of `text`, one less where that would split a surrogate pair. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const start = text.slice(0, most);
  return start.isWellFormed() ? start : start.slice(0, -1);
}
