import type { Edit, Guard } from "./guard.ts";

/** The file's text without the guard. Throws where one of the edited texts is not there exactly once. */
export function withoutGuard(guard: Pick<Guard, "name" | "file" | "edits">, text: string): string {
  return guard.edits.reduce((before, edit) => replaced(guard, edit, before), text);
}

function replaced({ name, file }: Pick<Guard, "name" | "file">, edit: Edit, before: string): string {
  const times = before.split(edit.text).length - 1;
  if (times !== 1)
    throw new Error(
      `${name}: ${file} holds ${JSON.stringify(edit.text)} ${times} times, not once. The list of guards is out of date: look at scripts/guards/list.`,
    );
  return before.replace(edit.text, () => edit.replacement);
}
