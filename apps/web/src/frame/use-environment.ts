import { useParams } from "@tanstack/react-router";

/** The environment in the page's address. */
export function useEnvironment(): string {
  const { environment } = useParams({ strict: false });
  if (environment === undefined) throw new Error("This part of a page belongs under an environment.");
  return environment;
}
