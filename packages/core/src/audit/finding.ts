/** Where a stream ended when somebody last looked: by the events themselves, or by a copy kept elsewhere. */
export interface StreamHead {
  readonly stream: string;
  readonly seq: number;
  readonly hash: string;
}
