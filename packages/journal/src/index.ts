export { removeData as removeEmbeddedData } from "./embedded/place.ts";
export { type EmbeddedOptions, type EmbeddedServer, startEmbedded } from "./embedded/start.ts";
