import { failed, ok, type Problem, type Result } from "@baton/core";
import pg from "pg";

/** What no migration's SQL may hold: Baton's own transaction is around it. */
const TRANSACTION_WORDS = new Set(["begin", "start", "commit", "rollback", "abort"]);

/** One lexeme that must be left alone (quoted, comment, dollar-quoted), a cast, a parameter, or anything else. */
const LEXEME =
  /(?<alone>'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$(?<tag>[A-Za-z_]*)\$[\s\S]*?\$\k<tag>\$|::)|:'(?<literal>[A-Za-z][A-Za-z0-9]*)'|:"(?<identifier>[A-Za-z][A-Za-z0-9]*)"|(?<word>[A-Za-z_][A-Za-z0-9_]*)|(?<end>;)|\s+|[\s\S]/g;

/**
 * SQL with its parameters filled in as `psql` writes them: `:'name'` as a literal, `:"name"` as an identifier. Nothing is filled
 * inside quotes, comments and dollar quotes. Refuses an unknown parameter and statements that begin or end a transaction.
 */
export function bindSql(
  text: string,
  parameters: Readonly<Record<string, string>>,
  file: string,
): Result<string> {
  const problems: Problem[] = [];
  let bound = "";
  let atStart = true;
  for (const match of text.matchAll(LEXEME)) {
    const { alone, literal, identifier, word, end } = match.groups ?? {};
    const name = literal ?? identifier;
    if (name !== undefined) {
      const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
      if (value === undefined) problems.push(unknownParameter(name, file));
      else bound += literal === undefined ? pg.escapeIdentifier(value) : pg.escapeLiteral(value);
    } else bound += match[0];
    if (word !== undefined && atStart && TRANSACTION_WORDS.has(word.toLowerCase()))
      problems.push(transactionWord(word, file));
    const comment = alone?.startsWith("--") || alone?.startsWith("/*");
    if (end !== undefined) atStart = true;
    else if (!comment && match[0].trim() !== "") atStart = false;
  }
  return problems.length > 0 ? failed(...problems) : ok(bound);
}

const unknownParameter = (name: string, file: string): Problem => ({
  code: "BATON-MIGRATION-PARAMETER",
  message: `${file} uses the parameter "${name}", which the migration does not have.`,
  remedy: "Declare it under `parameters` in migration.yaml, or let the stage's `compute` return it.",
  where: { file },
});

const transactionWord = (word: string, file: string): Problem => ({
  code: "BATON-MIGRATION-TRANSACTION",
  message: `${file} holds a statement that begins with ${word.toUpperCase()}.`,
  remedy: "Leave it out: the whole file runs in one transaction, together with its ledger row.",
  where: { file },
});
