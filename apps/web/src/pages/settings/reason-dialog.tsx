import { type ReactNode, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/empty.tsx";

/** Asks why before something is taken away, and says what that does. */
export function ReasonDialog({
  title,
  does,
  confirm,
  error,
  busy,
  onConfirm,
  onClose,
}: {
  readonly title: string;
  readonly does: string;
  readonly confirm: string;
  readonly error: unknown;
  readonly busy: boolean;
  readonly onConfirm: (reason: string) => void;
  readonly onClose: () => void;
}): ReactNode {
  const [reason, setReason] = useState("");
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button look="danger" disabled={reason.trim() === "" || busy} onClick={() => onConfirm(reason)}>
            {confirm}
          </Button>
        </>
      }
    >
      <p>{does}</p>
      <ReasonField value={reason} onChange={setReason} />
      {error !== null && error !== undefined && <Failure error={error} />}
    </Dialog>
  );
}

/** Why somebody does something: it goes into the journal. */
export function ReasonField({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
}): ReactNode {
  return (
    <label className="field">
      <span className="field-label">Why</span>
      <textarea className="input" rows={2} value={value} onChange={(event) => onChange(event.target.value)} />
      <span className="field-hint">Journaled with your name.</span>
    </label>
  );
}
