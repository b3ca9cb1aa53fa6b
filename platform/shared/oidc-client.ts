/** Client id of D.Coder's public client: code and PKCE, no secret. */
export const WEB_CLIENT_ID = "dcoder-web";

/** Resource indicator of D.Coder's API, which is also the audience of its access tokens. */
export const API_RESOURCE = "urn:dcoder:api";

/** The one scope of that resource. */
export const API_SCOPE = "dcoder";

/** Algorithm of every signature the identity provider makes, and the only one a verifier accepts. */
export const TOKEN_ALGORITHM = "ES256";

/** Path on the gateway to which the identity provider sends the browser back with the code. */
export const CALLBACK_PATH = "/v1/auth/callback";
