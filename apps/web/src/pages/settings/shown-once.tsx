import { type ReactNode, useState } from "react";
import { Button } from "../../ui/button.tsx";

/** A secret that the server keeps as a hash only: whoever closes this cannot see it again. */
export function ShownOnce({ label, secret }: { readonly label: string; readonly secret: string }): ReactNode {
  const [copied, setCopied] = useState(false);
  return (
    <div className="field">
      <span className="field-label">{label}, shown this once</span>
      <div className="row">
        <code className="command">{secret}</code>
        <Button
          size="small"
          icon="copy"
          onClick={() => {
            navigator.clipboard.writeText(secret).then(
              () => setCopied(true),
              () => setCopied(false),
            );
          }}
        >
          {copied ? "Copied" : "Copy"}
        </Button>
      </div>
    </div>
  );
}
