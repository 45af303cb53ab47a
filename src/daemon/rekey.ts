import { clusterOwner } from '#postgres'
import { rekey } from '#store'
import { lockHome } from './lock.ts'
import { pathsOf } from './paths.ts'

/** Seals every stored secret of a home with a new key. Refused while a daemon runs on it: the daemon is the only writer of its state. */
export async function rekeyHome(
  home: string,
  key: string | undefined,
): Promise<{ values: number; keyPath: string }> {
  const paths = pathsOf(home, clusterOwner())
  const lock = lockHome(paths.lock, paths.home)
  try {
    const { values } = await rekey({ path: paths.state, keyPath: paths.key, key })
    return { values, keyPath: paths.key }
  } finally {
    lock.release()
  }
}
