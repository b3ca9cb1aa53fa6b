/** Ends the session on the server and goes to the door. */
export async function signOut(): Promise<void> {
  await fetch("/auth/logout", { method: "POST", credentials: "same-origin" }).catch(() => undefined);
  location.assign("/sign-in");
}
