// What source_map_test.ts looks for. Types and empty lines are what the
// emitted JavaScript lacks.

/** Takes room that the emitted file does not need. */
export interface Shape {
  width: number;

  height: number;
}

export function area(shape: Shape): number {
  return shape.width * shape.height;
}

export class Box<T extends Shape> {
  readonly shape: T;

  constructor(shape: T) {
    this.shape = shape;
  }

  measure(factor: number, unit?: string): string {
    return `${area(this.shape) * factor} ${unit ?? "m"}`;
  }
}
