// The pages' policy allows no code made from text. Without this zod tries whether it is allowed, and browsers report the try.
globalThis.__zod_globalConfig = { jitless: true };
