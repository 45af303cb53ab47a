/** For what may be gone already. */
export function ignoreMissing(error: unknown): undefined {
  if ((error as { status?: number }).status !== 404) throw error
  return undefined
}

/** An app that is not there has none of them. Anything else that goes wrong does: what is taken for nothing would be deleted with its app. */
export async function noneWhenMissing<T>(list: Promise<T[]>): Promise<T[]> {
  return (await list.catch(ignoreMissing)) ?? []
}
