import type { Volume } from '#contract'
import type { World } from '../world.ts'
import { appNode } from './app.ts'
import { connection } from './connection.ts'

export function volumeNode(world: World, app: string, volume: Volume) {
  return {
    __typename: 'Volume',
    id: volume.id,
    name: volume.name,
    state: volume.state,
    region: volume.region,
    sizeGb: volume.size_gb,
    encrypted: volume.encrypted,
    createdAt: volume.created_at,
    app: async () => appNode(world, await world.api.getApp(app)),
    snapshots: async () =>
      connection(
        (await world.api.listSnapshots(app, volume.id)).map(snapshot => ({
          __typename: 'VolumeSnapshot',
          id: snapshot.id,
          size: String(snapshot.size),
          digest: snapshot.digest,
          status: snapshot.status,
          createdAt: snapshot.created_at,
          retentionDays: snapshot.retention_days,
        })),
      ),
  }
}

/** Fly's ids are known without their app. Undefined when there is none. */
export async function findVolume(world: World, id: string) {
  for (const { name } of await world.api.listApps()) {
    const found = (await world.api.listVolumes(name)).find(volume => volume.id === id)
    if (found) return volumeNode(world, name, found)
  }
  return undefined
}
