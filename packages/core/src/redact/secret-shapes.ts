/** What stands where a secret stood. */
export const MASK = "[secret]";

/** A kind of secret that is known by its looks, so that it need not be known itself. */
interface SecretShape {
  readonly name: string;
  /** Global. The groups `keep` and `after`, where it has them, stay around the mask. */
  readonly pattern: RegExp;
}

/** Words that name a secret, in longer names too, within reason: `PGPASSWORD`, `api_key`, `x-vault-token`. Codes of problems are none. */
const NAME = String.raw`(?<![\w.-])(?!BATON-)[\w.-]{0,80}(?:pass(?:word|wd|phrase)|passwd|pwd|secret|token(?!s)|api[_-]?key|private[_-]?key|credential)[\w.-]{0,80}`;
const QUOTE = String.raw`\\*["']`;
/** A place for a value, none at all, or one that is masked already. */
const NO_VALUE = String.raw`(?!\$\{|\[secret\]|(?:null|true|false|undefined|none)\b)`;

const shape = (name: string, source: string, flags = "g"): SecretShape => ({
  name,
  pattern: new RegExp(source, flags),
});

/** In this order: what is matched earlier is not looked at again. */
export const SECRET_SHAPES: readonly SecretShape[] = [
  // Where the end is cut off, all that still looks like a key's body goes.
  shape(
    "private key",
    String.raw`(?<keep>-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----)(?:(?:(?!-----)[^]){1,20000}(?<after>-----END [A-Z0-9 ]*PRIVATE KEY-----)|[A-Za-z0-9+/=\s\\]+)`,
  ),
  shape(
    "password in an address",
    String.raw`(?<keep>\b[a-z][\w+.-]{0,30}:\/\/[^\s:@/"'<>]{0,200}:)(?!\[secret\]@)[^\s/"'<>]+(?<after>@)`,
    "gi",
  ),
  shape(
    "authorization",
    String.raw`(?<keep>\b(?:bearer|basic)\s+)(?=[^\s"']*[\d._~+/=-])[A-Za-z0-9._~+/=-]{8,}`,
    "gi",
  ),
  shape(
    "cookie",
    String.raw`(?<keep>\bcookie(?:${QUOTE})?\s*:\s*\[?\s*(?:${QUOTE})?)(?!secret\])[^\s"'\\[][^\r\n"'\\]{2,}`,
    "gi",
  ),
  shape("signed token", String.raw`\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*`),
  shape("vault token", String.raw`\b(?:hv[sbr]\.[\w-]{20,}|[sbr]\.[A-Za-z0-9]{24}\b)`),
  shape("baton token", String.raw`\bbaton_[\w-]{43}(?![\w-])`),
  shape(
    "token of a known service",
    String.raw`\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|lin_api_\w{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}\b)`,
  ),
  shape(
    "value of a secret's name",
    String.raw`(?<keep>${NAME}(?:${QUOTE})?[ \t]*[=:][ \t]*(?<quote>${QUOTE}))${NO_VALUE}(?:(?!(?<!\\)\k<quote>)[^\r\n])+(?<after>\k<quote>)`,
    "gi",
  ),
  shape(
    "value of a secret's name",
    String.raw`(?<keep>${NAME}(?:${QUOTE})?[ \t]*[=:][ \t]*)${NO_VALUE}[^\s"'\\,;&(){}[\]]{3,}`,
    "gi",
  ),
  // As PostgreSQL's details quote a row's key.
  shape(
    "value of a secret's name",
    String.raw`(?<keep>\(${NAME}\)=\()${NO_VALUE}[^)\r\n]+(?<after>\))`,
    "gi",
  ),
];

const WHOLE_NAME = new RegExp(`^${NAME}$`, "i");
const PLACE = new RegExp(`^${NO_VALUE}`);

/** Whether a field of this name and value holds a secret. */
export const isSecretField = (name: string, value: string): boolean =>
  value !== "" && WHOLE_NAME.test(name) && PLACE.test(value);
