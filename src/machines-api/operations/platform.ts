import { type Call, param } from '../call.ts'
import { listQuery } from './machines.ts'
import type { ApiOperation } from './operation.ts'

const org = (call: Call) => param(call, 'org_slug')

export const platformOperations: readonly ApiOperation[] = [
  { method: 'GET', path: '/platform/regions', status: 200, answer: call => call.api.listRegions() },
  {
    // There is one token, the operator's; it is restricted to nothing.
    method: 'GET',
    path: '/tokens/current',
    status: 200,
    answer: async () => ({
      tokens: [
        { token_id: 'machines-api', org_slug: 'personal', organization: 'personal', user: 'operator' },
      ],
    }),
  },
  {
    method: 'GET',
    path: '/orgs/{org_slug}/machines',
    status: 200,
    answer: async call => ({
      machines: await call.api.listOrgMachines(org(call), listQuery(call)),
      next_cursor: '',
    }),
  },
  {
    method: 'GET',
    path: '/orgs/{org_slug}/volumes',
    status: 200,
    answer: async call => ({ volumes: await call.api.listOrgVolumes(org(call)), next_cursor: '' }),
  },
]
