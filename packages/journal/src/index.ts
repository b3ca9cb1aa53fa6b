export { dataText } from "./data-text.ts";
export { removeData as removeEmbeddedData } from "./embedded/place.ts";
export { type EmbeddedOptions, type EmbeddedServer, startEmbedded } from "./embedded/start.ts";
export { sha256 } from "./hash.ts";
export { createMemoryJournal, type MemoryJournalOptions } from "./memory/memory-journal.ts";
export { createPostgresJournal, type PostgresJournalOptions } from "./postgres/postgres-journal.ts";
export { type RestoredJournal, readyRestored, restoredAt } from "./postgres/restored.ts";
export { type ServerFacts, serverFacts } from "./postgres/server-facts.ts";
export { createUpcast, type Upcast, type Upcaster } from "./upcast.ts";
