import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CreateVolumeInput, Volume, VolumeSnapshot } from '#contract'
import { prefixedId, syncFolder, volumeId } from '#kernel'
import { describeVolume, iso } from './describe.ts'
import { engineErrors } from './errors.ts'
import { placeRegion } from './place.ts'
import type { SnapshotRecord, VolumeRecord } from './records.ts'
import type { EngineState } from './state.ts'

const run = promisify(execFile)
const defaultSizeGb = 3
const largestSizeGb = 500

/** Volumes are folders; a snapshot is a copy of one, by reflink where the file system can. */
export function createVolumeCalls(state: EngineState) {
  const { store, clock, volumesDirectory, snapshotsDirectory, region: ownRegion } = state.options

  const describe = async (record: VolumeRecord): Promise<Volume> =>
    describeVolume(record, attachedTo(state, record.id), await usedBytes(join(volumesDirectory, record.id)))

  function get(app: string, id: string): VolumeRecord {
    state.app(app)
    const record = state.volumes.get(id)
    if (!record || record.app !== app) throw engineErrors.volumeNotFound(id)
    return record
  }

  function save(record: VolumeRecord): void {
    store.transaction(() => store.saveVolume(record), { lasting: false })
    state.volumes.set(record.id, record)
  }

  return {
    async listVolumes(app: string): Promise<Volume[]> {
      state.app(app)
      return Promise.all([...state.volumes.values()].filter(volume => volume.app === app).map(describe))
    },

    async createVolume(app: string, input: CreateVolumeInput): Promise<Volume> {
      state.app(app)
      if (!/^[a-z0-9_]{1,30}$/.test(input.name))
        throw engineErrors.invalid(
          `"${input.name}" is not a volume name`,
          'Use 1 to 30 lower-case letters, digits and underscores.',
        )
      const source = sourceOf(state, input)
      const sizeGb = input.sizeGb ?? source?.sizeGb ?? defaultSizeGb
      if (!Number.isInteger(sizeGb) || sizeGb < 1 || sizeGb > largestSizeGb)
        throw engineErrors.invalid(`size_gb must be between 1 and ${largestSizeGb}`)
      const retention = input.snapshotRetention ?? 5
      if (retention < 1 || retention > 60)
        throw engineErrors.invalid('snapshot_retention must be between 1 and 60 days')
      if (sizeGb < (source?.sizeGb ?? 0))
        throw engineErrors.invalid(`size_gb must be at least ${source?.sizeGb}, the size of its source`)
      const folder = await sourceFolder(state, input)
      const record: VolumeRecord = {
        id: volumeId(),
        app,
        name: input.name,
        region: placeRegion(input.region ?? source?.region, ownRegion),
        sizeGb,
        encrypted: input.encrypted ?? source?.encrypted ?? true,
        fstype: input.fstype ?? source?.fstype ?? 'ext4',
        snapshotRetention: retention,
        autoBackupEnabled: input.autoBackupEnabled ?? true,
        state: 'created',
        createdAt: clock.now(),
        destroyedAt: null,
      }
      const target = join(volumesDirectory, record.id)
      if (folder) await copyFolder(folder, target)
      else await mkdir(target, { recursive: true, mode: 0o755 })
      save(record)
      state.changed(app)
      return describe(record)
    },

    async getVolume(app: string, id: string): Promise<Volume> {
      return describe(get(app, id))
    },

    async updateVolume(
      app: string,
      id: string,
      input: { snapshotRetention?: number; autoBackupEnabled?: boolean },
    ): Promise<Volume> {
      const record = get(app, id)
      const retention = input.snapshotRetention ?? record.snapshotRetention
      if (retention < 1 || retention > 60)
        throw engineErrors.invalid('snapshot_retention must be between 1 and 60 days')
      const changed = {
        ...record,
        snapshotRetention: retention,
        autoBackupEnabled: input.autoBackupEnabled ?? record.autoBackupEnabled,
      }
      save(changed)
      return describe(changed)
    },

    async deleteVolume(app: string, id: string): Promise<Volume> {
      const record = get(app, id)
      const machine = attachedTo(state, id)
      if (machine) throw engineErrors.volumeAttached(id, machine)
      const answer = { ...(await describe(record)), state: 'pending_destroy' }
      await removeVolume(state, record)
      state.changed(app)
      return answer
    },

    async extendVolume(
      app: string,
      id: string,
      sizeGb: number,
    ): Promise<{ needs_restart: boolean; volume: Volume }> {
      const record = get(app, id)
      if (!Number.isInteger(sizeGb) || sizeGb <= record.sizeGb || sizeGb > largestSizeGb) {
        throw engineErrors.invalid(
          `a volume can only grow: size_gb must be above ${record.sizeGb} and at most ${largestSizeGb}`,
        )
      }
      const changed = { ...record, sizeGb }
      save(changed)
      return { needs_restart: false, volume: await describe(changed) }
    },

    async listSnapshots(app: string, id: string): Promise<VolumeSnapshot[]> {
      get(app, id)
      return store.snapshots(id).map(describeSnapshot)
    },

    async createSnapshot(app: string, id: string): Promise<VolumeSnapshot> {
      const record = get(app, id)
      const snapshotId = prefixedId('vs')
      const target = join(snapshotsDirectory, snapshotId)
      await mkdir(snapshotsDirectory, { recursive: true, mode: 0o755 })
      await copyFolder(join(volumesDirectory, id), target)
      const sizeBytes = await usedBytes(target)
      const snapshot: SnapshotRecord = {
        id: snapshotId,
        volumeId: id,
        createdAt: clock.now(),
        sizeBytes,
        digest: createHash('sha256').update(`${snapshotId}:${sizeBytes}`).digest('hex'),
        retentionDays: record.snapshotRetention,
      }
      store.saveSnapshot(snapshot)
      return describeSnapshot(snapshot)
    },
  }
}

/** The folder's name is changed before it is removed, so that a crash leaves no half volume under its own name. */
export async function removeVolume(state: EngineState, record: VolumeRecord): Promise<void> {
  const { store, volumesDirectory } = state.options
  const folder = join(volumesDirectory, record.id)
  const doomed = join(volumesDirectory, `.removed-${record.id}`)
  store.deleteVolume(record.id)
  state.volumes.delete(record.id)
  // It may never have been made; what cannot be moved has no record any more, and goes with the next start.
  await rename(folder, doomed).catch(() => {})
  await rm(doomed, { recursive: true, force: true })
}

/** Removes what an interrupted removal or copy left behind. */
export async function sweepVolumes(state: EngineState): Promise<void> {
  const { volumesDirectory } = state.options
  for (const name of await readdir(volumesDirectory).catch(() => [])) {
    if (state.volumes.has(name)) continue
    if (name.startsWith('.removed-') || name.startsWith('.copy-') || name.startsWith('vol_')) {
      await rm(join(volumesDirectory, name), { recursive: true, force: true })
    }
  }
}

function attachedTo(state: EngineState, volume: string): string | null {
  for (const { record } of state.actors()) {
    if (record.config.mounts?.some(mount => mount.volume === volume) && record.state !== 'destroyed')
      return record.id
  }
  return null
}

/** The volume that this one is to be a copy of: it takes after it where nothing else was asked for. */
function sourceOf(state: EngineState, input: CreateVolumeInput): VolumeRecord | undefined {
  return input.sourceVolumeId ? state.volumes.get(input.sourceVolumeId) : undefined
}

async function sourceFolder(state: EngineState, input: CreateVolumeInput): Promise<string | undefined> {
  const { volumesDirectory, snapshotsDirectory } = state.options
  if (input.sourceVolumeId) {
    if (!state.volumes.has(input.sourceVolumeId)) throw engineErrors.volumeNotFound(input.sourceVolumeId)
    return join(volumesDirectory, input.sourceVolumeId)
  }
  if (!input.snapshotId) return undefined
  const folder = join(snapshotsDirectory, input.snapshotId)
  if (!/^vs_[a-z2-7]+$/.test(input.snapshotId) || !(await stat(folder).catch(() => undefined)))
    throw engineErrors.volumeNotFound(input.snapshotId)
  return folder
}

/** Complete or not there: copied beside and renamed. */
async function copyFolder(source: string, target: string): Promise<void> {
  const unfinished = join(target, '..', `.copy-${prefixedId('vol')}`)
  try {
    // GNU cp keeps owners, which a database insists on, and clones blocks where it can; elsewhere nobody runs as root.
    if (process.platform === 'linux') await run('cp', ['-a', '--reflink=auto', source, unfinished])
    else
      await cp(source, unfinished, {
        recursive: true,
        preserveTimestamps: true,
        verbatimSymlinks: true,
        mode: constants.COPYFILE_FICLONE,
      })
    await rename(unfinished, target)
    await syncFolder(join(target, '..'))
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
}

/** Bytes of the entries right below; volumes can be large, and this figure is shown, not billed. */
async function usedBytes(folder: string): Promise<number> {
  let total = 0
  for (const name of await readdir(folder).catch(() => []))
    total += (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0
  return total
}

function describeSnapshot(record: SnapshotRecord): VolumeSnapshot {
  return {
    id: record.id,
    created_at: iso(record.createdAt),
    size: record.sizeBytes,
    digest: record.digest,
    status: 'created',
    retention_days: record.retentionDays,
  }
}
