import * as z from 'zod'
import { bodyOf, type Call, param } from '../call.ts'
import type { ApiOperation } from './operation.ts'

const volumes = '/apps/{app_name}/volumes'
const volume = `${volumes}/{volume_id}`
const app = (call: Call) => param(call, 'app_name')
const id = (call: Call) => param(call, 'volume_id')

const createBody = z.looseObject({
  name: z.string(),
  region: z.string().nullish(),
  size_gb: z.number().nullish(),
  encrypted: z.boolean().nullish(),
  fstype: z.string().nullish(),
  snapshot_id: z.string().nullish(),
  source_volume_id: z.string().nullish(),
  snapshot_retention: z.number().nullish(),
  auto_backup_enabled: z.boolean().nullish(),
})
const updateBody = z.looseObject({
  snapshot_retention: z.number().nullish(),
  auto_backup_enabled: z.boolean().nullish(),
})

export const volumeOperations: readonly ApiOperation[] = [
  { method: 'GET', path: volumes, status: 200, answer: call => call.api.listVolumes(app(call)) },
  {
    method: 'POST',
    path: volumes,
    status: 200,
    answer(call) {
      const body = bodyOf(call, createBody)
      return call.api.createVolume(app(call), {
        name: body.name,
        ...(body.region ? { region: body.region } : {}),
        ...(body.size_gb == null ? {} : { sizeGb: body.size_gb }),
        ...(body.encrypted == null ? {} : { encrypted: body.encrypted }),
        ...(body.fstype ? { fstype: body.fstype } : {}),
        ...(body.snapshot_id ? { snapshotId: body.snapshot_id } : {}),
        ...(body.source_volume_id ? { sourceVolumeId: body.source_volume_id } : {}),
        ...(body.snapshot_retention == null ? {} : { snapshotRetention: body.snapshot_retention }),
        ...(body.auto_backup_enabled == null ? {} : { autoBackupEnabled: body.auto_backup_enabled }),
      })
    },
  },
  { method: 'GET', path: volume, status: 200, answer: call => call.api.getVolume(app(call), id(call)) },
  {
    method: 'PUT',
    path: volume,
    status: 200,
    answer(call) {
      const body = bodyOf(call, updateBody)
      return call.api.updateVolume(app(call), id(call), {
        ...(body.snapshot_retention == null ? {} : { snapshotRetention: body.snapshot_retention }),
        ...(body.auto_backup_enabled == null ? {} : { autoBackupEnabled: body.auto_backup_enabled }),
      })
    },
  },
  { method: 'DELETE', path: volume, status: 200, answer: call => call.api.deleteVolume(app(call), id(call)) },
  {
    method: 'PUT',
    path: `${volume}/extend`,
    status: 200,
    answer: call =>
      call.api.extendVolume(
        app(call),
        id(call),
        bodyOf(call, z.looseObject({ size_gb: z.number() })).size_gb,
      ),
  },
  {
    method: 'GET',
    path: `${volume}/snapshots`,
    status: 200,
    answer: call => call.api.listSnapshots(app(call), id(call)),
  },
  {
    method: 'POST',
    path: `${volume}/snapshots`,
    status: 200,
    answer: call => call.api.createSnapshot(app(call), id(call)),
  },
]
