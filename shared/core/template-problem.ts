/** Why a template cannot be compiled or rendered, in words for its author. Thrown inside the template files only; callers get values. */
export class TemplateProblem extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "TemplateProblem";
  }
}
