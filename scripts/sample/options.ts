/** What a sample is made of. */
export interface SampleOptions {
  /** How many genes, 1 to 100,000,000. */
  genes: number;
  /** The same seed gives the same bytes. */
  seed: number;
}
