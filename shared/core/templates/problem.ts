/** Where a placeholder begins (both from 1, columns in UTF-16 units), and its text, shortened. */
export interface PlaceholderPlace {
  readonly line: number;
  readonly column: number;
  readonly source: string;
}

/**
 * Why a template cannot be compiled or rendered, in words for its author, which may quote the template. Thrown only among the template files;
 * callers get values.
 */
export class TemplateProblem extends Error {
  readonly place: PlaceholderPlace | undefined;

  constructor(problem: string, place?: PlaceholderPlace) {
    super(problem);
    this.name = "TemplateProblem";
    this.place = place;
  }

  /** The same problem, located at a placeholder. */
  at(place: PlaceholderPlace): TemplateProblem {
    return new TemplateProblem(this.message, place);
  }

  /** The whole message: place, text of the placeholder, problem. */
  describe(): string {
    return this.place === undefined
      ? this.message
      : `${lineAndColumn(this.place)}, ${this.place.source}: ${this.message}`;
  }

  /** For a field whose text is secret: the place only, and nothing of the text, not even a name, a filter or an argument. */
  describeSecret(): string {
    const where = this.place === undefined ? "it cannot be used" : lineAndColumn(this.place);
    return `${where}; the value is secret, so it is not shown`;
  }
}

/** A limit was exceeded. The message quotes nothing of the template, so it is shown for secret fields too. */
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
