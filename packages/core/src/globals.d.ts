/** The only thing of the platform that core knows by type: how a caller says "stop". Whole wherever Node's or the DOM's types are. */
interface AbortSignal {
  readonly aborted: boolean;
}
