import { beforeAll, describe, expect, it } from 'vitest'
import { flyQueries } from '../../support/fly-queries.ts'
import { machineType, snapshotType, volumeType } from '../../support/fly-types.ts'
import { image, machines } from '../../support/flyctl.ts'
import { useFlyctl } from '../../support/flyctl-session.ts'

// Call by call as flyctl's source makes them; see test/support/flyctl.ts. flyctl itself does not run here.

const run = useFlyctl()
const volumes = '/apps/gopher/volumes'

beforeAll(run.createApp)

/** fly.CreateVolumeRequest with what Go writes for the fields that nobody set. */
const request = (fields: object) => ({
  name: 'data',
  region: '',
  size_gb: null,
  encrypted: null,
  require_unique_zone: null,
  machines_only: null,
  snapshot_retention: null,
  auto_backup_enabled: null,
  fstype: null,
  snapshot_id: null,
  source_volume_id: null,
  compute: null,
  ...fields,
})

describe('volumes show, snapshots list', () => {
  it('are found without their app', async () => {
    const { id } = await run.fly.flaps('POST', '/apps/gopher/volumes', volumeType, {
      name: 'data',
      region: 'fra',
      size_gb: 1,
    })
    await run.fly.flaps('POST', `/apps/gopher/volumes/${id}/snapshots`)
    const app = { name: 'string' } as const
    expect(await run.fly.query(flyQueries.GetAppNameFromVolume, { id }, { volume: { app } })).toEqual({
      volume: { app: { name: 'gopher' } },
    })
    await run.fly.query(flyQueries.GetAppNameStateFromVolume, { id }, { volume: { app, state: 'string' } })
    const { volume } = await run.fly.query(
      flyQueries.GetSnapshotsFromVolume,
      { id },
      {
        volume: {
          snapshots: { nodes: [{ id: 'string', size: 'string', digest: 'string', createdAt: 'time' }] },
        },
      },
    )
    expect(volume.snapshots.nodes).toHaveLength(1)
  })
})

describe('volumes create, list, fork, extend, destroy; machine clone', () => {
  it('a fork takes after its source: its region, size and content', async () => {
    const source = await run.fly.flaps(
      'POST',
      volumes,
      volumeType,
      request({
        region: 'fra',
        size_gb: 2,
        encrypted: false,
        require_unique_zone: true,
        snapshot_retention: 5,
      }),
    )
    const compute = { cpu_kind: 'shared', cpus: 1, memory_mb: 256 }
    const fork = await run.fly.flaps(
      'POST',
      volumes,
      volumeType,
      request({ source_volume_id: source.id, compute }),
    )
    expect(fork).toMatchObject({ name: 'data', region: 'fra', size_gb: 2, encrypted: false })
    const smaller = await run.fly.send(
      'POST',
      `/v1${volumes}`,
      request({ source_volume_id: source.id, size_gb: 1 }),
    )
    expect([smaller.status, smaller.body.error]).toEqual([400, expect.stringContaining('at least 2')])
    const nowhere = await run.fly.send('POST', `/v1${volumes}`, request({ region: 'xyz', size_gb: 1 }))
    expect([nowhere.status, nowhere.body.message]).toEqual([
      400,
      expect.stringContaining('"xyz" is not a region'),
    ])
    await run.fly.flaps('DELETE', `${volumes}/${fork.id}`, volumeType)
    await run.fly.flaps('DELETE', `${volumes}/${source.id}`, volumeType)
  })

  it('a mount tells name, size and encryption of its volume: a clone makes its own from them', async () => {
    const volume = await run.fly.flaps('POST', volumes, volumeType, request({ region: 'fra', size_gb: 1 }))
    const made = await run.fly.flaps('POST', machines, machineType, {
      config: {
        image,
        init: { exec: ['/bin/sleep', '1000'] },
        mounts: [{ volume: volume.id, path: '/data', name: 'data' }],
      },
      region: 'fra',
      skip_launch: true,
    })
    const extended = { volume: volumeType, needs_restart: 'bool' } as const
    await run.fly.flaps('PUT', `${volumes}/${volume.id}/extend`, extended, { size_gb: 3 })
    const { config } = await run.fly.flaps('GET', `${machines}/${made.id}`, machineType)
    const [mount] = config.mounts
    expect(mount).toEqual({ volume: volume.id, path: '/data', name: 'data', size_gb: 3, encrypted: true })

    const { name, size_gb, encrypted } = mount
    const own = await run.fly.flaps(
      'POST',
      volumes,
      volumeType,
      request({ name, region: 'fra', size_gb, encrypted }),
    )
    const clone = await run.fly.flaps('POST', machines, machineType, {
      config: { ...config, mounts: [{ volume: own.id, path: '/data' }] },
      region: 'fra',
      skip_launch: true,
    })
    expect(clone.config.mounts).toEqual([{ ...mount, volume: own.id }])
    const listed: { id: string; attached_machine_id?: string }[] = await run.fly.flaps('GET', volumes, [
      volumeType,
    ])
    const attachedTo = new Map(listed.map(one => [one.id, one.attached_machine_id]))
    expect([attachedTo.get(volume.id), attachedTo.get(own.id)]).toEqual([made.id, clone.id])
    const attached = await run.fly.send('DELETE', `/v1${volumes}/${own.id}`)
    expect([attached.status, attached.body.error]).toEqual([
      409,
      expect.stringContaining('is attached to machine'),
    ])
    for (const { id } of [made, clone]) await run.fly.flaps('DELETE', `${machines}/${id}?kill=true`)
    for (const { id } of [volume, own]) await run.fly.flaps('DELETE', `${volumes}/${id}`, volumeType)
  })

  it('a snapshot can be listed and restored from', async () => {
    const { id } = await run.fly.flaps('POST', volumes, volumeType, request({ region: 'fra', size_gb: 1 }))
    await run.fly.flaps('POST', `${volumes}/${id}/snapshots`)
    const [snapshot] = await run.fly.flaps('GET', `${volumes}/${id}/snapshots`, [snapshotType])
    expect(snapshot.status).toBe('created')
    await run.fly.flaps(
      'POST',
      volumes,
      volumeType,
      request({ region: 'fra', size_gb: 1, snapshot_id: snapshot.id }),
    )
    const update = { snapshot_retention: 7, auto_backup_enabled: null }
    expect(await run.fly.flaps('PUT', `${volumes}/${id}`, volumeType, update)).toMatchObject({
      snapshot_retention: 7,
    })
  })
})
