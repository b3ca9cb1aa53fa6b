import { TokenScope } from "@baton/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { answered } from "../../api/answer.ts";
import { client } from "../../api/client.ts";
import { queries } from "../../api/queries.ts";
import type { TokenBody } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Empty, Failure, Skeleton } from "../../ui/empty.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Tag } from "../../ui/tag.tsx";
import { Moment } from "../../ui/time.tsx";
import { ReasonDialog, ReasonField } from "./reason-dialog.tsx";
import { ShownOnce } from "./shown-once.tsx";

/** Service tokens: what each may, until when, made by whom; made here and ended here. */
export function TokensTab({ environment }: { readonly environment: string }): ReactNode {
  const tokens = useQuery(queries.tokens(environment));
  const [making, setMaking] = useState(false);
  if (tokens.error !== null) return <Failure error={tokens.error} again={() => tokens.refetch()} />;
  return (
    <Panel
      flush
      title="Service tokens"
      aside={
        <Button size="small" icon="key" onClick={() => setMaking(true)}>
          Make a token
        </Button>
      }
    >
      {tokens.data === undefined ? (
        <Skeleton height={160} />
      ) : tokens.data.items.length === 0 ? (
        <Empty title="There is no token">
          A pipeline that opens runs or reads them signs in with one. It can never approve.
        </Empty>
      ) : (
        <TokenTable environment={environment} tokens={tokens.data.items} />
      )}
      {making && <MakeDialog environment={environment} onClose={() => setMaking(false)} />}
    </Panel>
  );
}

function TokenTable({
  environment,
  tokens,
}: {
  readonly environment: string;
  readonly tokens: readonly TokenBody[];
}): ReactNode {
  const cache = useQueryClient();
  const [ending, setEnding] = useState<TokenBody | null>(null);
  const end = useMutation({
    mutationFn: ({ token, reason }: { readonly token: string; readonly reason: string }) =>
      answered(client.revokeToken({ params: { environment, token }, body: { reason } })),
    onSuccess: () => {
      setEnding(null);
      void cache.invalidateQueries({ queryKey: [environment, "tokens"] });
    },
  });
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            <th>Name</th>
            <th>May</th>
            <th>Stands</th>
            <th>Made</th>
            <th>Ends</th>
            <th>By</th>
            <th>
              <span className="visually-hidden">End</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.token}>
              <td className="name-cell name">{token.name}</td>
              <td data-name="May">{token.scopes.join(", ")}</td>
              <td data-name="Stands">
                <Tag>{token.status}</Tag>
              </td>
              <td data-name="Made">
                <Moment at={token.createdAt} />
              </td>
              <td data-name="Ends">
                <Moment at={token.expiresAt} />
              </td>
              <td data-name="By">{token.by.name}</td>
              <td className="act">
                {token.status === "live" && (
                  <Button size="small" onClick={() => setEnding(token)}>
                    End it
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {ending !== null && (
        <ReasonDialog
          title={`End the token ${ending.name}`}
          does="Whatever signs in with it is refused from now on. It cannot be brought back; a new one can be made."
          confirm={`End ${ending.name} for good`}
          error={end.error}
          busy={end.isPending}
          onConfirm={(reason) => end.mutate({ token: ending.token, reason })}
          onClose={() => setEnding(null)}
        />
      )}
    </>
  );
}

const DAY_MS = 86_400_000;
const LASTS = [1, 7, 30, 90] as const;

function MakeDialog({
  environment,
  onClose,
}: {
  readonly environment: string;
  readonly onClose: () => void;
}): ReactNode {
  const cache = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly TokenScope[]>(["view"]);
  const [days, setDays] = useState(30);
  const [reason, setReason] = useState("");
  const make = useMutation({
    mutationFn: () =>
      answered(
        client.createToken({
          params: { environment },
          body: { name, scopes: [...scopes], lastsMs: days * DAY_MS, reason },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: [environment, "tokens"] }),
  });
  if (make.data !== undefined)
    return (
      <Dialog
        title={`Token ${name}`}
        onClose={onClose}
        foot={<Button onClick={onClose}>I have kept it</Button>}
      >
        <ShownOnce label="Token" secret={make.data.token} />
        <p>
          Send it as <code>Authorization: Bearer …</code>. It ends <Moment at={make.data.expiresAt} full />.
        </p>
      </Dialog>
    );
  return (
    <Dialog
      title={`Make a service token for ${environment}`}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button
            look="primary"
            disabled={name.trim() === "" || reason.trim() === "" || scopes.length === 0 || make.isPending}
            onClick={() => make.mutate()}
          >
            {`Make it, for ${days} ${days === 1 ? "day" : "days"}`}
          </Button>
        </>
      }
    >
      <label className="field">
        <span className="field-label">Name</span>
        <input
          className="input"
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <span className="field-hint">Of the program that will use it.</span>
      </label>
      <fieldset className="choices">
        <legend className="field-label">What it may</legend>
        {TokenScope.options.map((scope) => (
          <label key={scope} className="choice">
            <input
              type="checkbox"
              checked={scopes.includes(scope)}
              onChange={() =>
                setScopes((before) =>
                  before.includes(scope) ? before.filter((one) => one !== scope) : [...before, scope],
                )
              }
            />
            <span>{scope}</span>
          </label>
        ))}
      </fieldset>
      <label className="field">
        <span className="field-label">For how long</span>
        <select className="select" value={days} onChange={(event) => setDays(Number(event.target.value))}>
          {LASTS.map((one) => (
            <option key={one} value={one}>{`${one} ${one === 1 ? "day" : "days"}`}</option>
          ))}
        </select>
      </label>
      <ReasonField value={reason} onChange={setReason} />
      {make.error !== null && <Failure error={make.error} />}
    </Dialog>
  );
}
