/** Where a placeholder begins (both from 1, columns in UTF-16 units), and its own text, cut short. */
export interface PlaceholderPlace {
  readonly line: number;
  readonly column: number;
  readonly source: string;
}

/**
 * Why a template cannot be compiled or rendered, in words for its author, which may quote the template. Thrown inside the template files only;
 * callers get values.
 */
export class TemplateProblem extends Error {
  readonly place: PlaceholderPlace | undefined;

  constructor(problem: string, place?: PlaceholderPlace) {
    super(problem);
    this.name = "TemplateProblem";
    this.place = place;
  }

  /** The same problem, at a placeholder. */
  at(place: PlaceholderPlace): TemplateProblem {
    return new TemplateProblem(this.message, place);
  }

  /** In full: place, text of the placeholder, problem. */
  describe(): string {
    return this.place === undefined
      ? this.message
      : `${lineAndColumn(this.place)}, ${this.place.source}: ${this.message}`;
  }

  /** Of a field whose text is secret: where, and nothing that could stand in it, neither its text nor a name, a filter or an argument of it. */
  describeSecret(): string {
    const where = this.place === undefined ? "it cannot be used" : lineAndColumn(this.place);
    return `${where}; the value is secret, so nothing of it is shown`;
  }
}

/** A limit that was passed. Its words are ours and hold nothing of the template, so a secret field's fault says them too. */
export class TemplateLimit extends TemplateProblem {
  override at(place: PlaceholderPlace): TemplateProblem {
    return new TemplateLimit(this.message, place);
  }

  override describeSecret(): string {
    return this.place === undefined ? this.message : `${lineAndColumn(this.place)}: ${this.message}`;
  }
}

function lineAndColumn({ line, column }: PlaceholderPlace): string {
  return `line ${String(line)} column ${String(column)}`;
}
