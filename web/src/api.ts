import { useCallback, useEffect, useState } from 'react'

// What the studio service answers.

export interface Overview {
  title: string
  version: string
  database: string
  bytes: number
  startedAt: string
  tables: number
  open: number
  users: number | null
  buckets: number | null
}

export interface TableSummary {
  schema: string
  name: string
  kind: string
  rls: boolean
  policies: number
  estimatedRows: number | null
  bytes: number
  comment: string | null
}

export interface Column {
  name: string
  type: string
  nullable: boolean
  default: string | null
  generated: boolean
  primaryKey: boolean
  references: string | null
  comment: string | null
}

export interface Policy {
  name: string
  command: string
  permissive: boolean
  roles: string[]
  using: string | null
  check: string | null
}

export interface TableDetail extends TableSummary {
  columns: Column[]
  policyList: Policy[]
  indexes: { name: string; definition: string }[]
}

export type Cell = string | null

export interface RowsPage {
  columns: string[]
  rows: Cell[][]
  total: number
  exact: boolean
}

export interface UsersPage {
  users: {
    id: string
    email: string | null
    phone: string | null
    role: string | null
    provider: string | null
    confirmedAt: string | null
    lastSignInAt: string | null
    createdAt: string | null
  }[]
  total: number
}

export interface Bucket {
  id: string
  public: boolean
  fileSizeLimit: number | null
  allowedMimeTypes: string[] | null
  objects: number
  bytes: number
  createdAt: string
}

export interface ObjectsPage {
  objects: {
    name: string
    bytes: number | null
    type: string | null
    owner: string | null
    updatedAt: string | null
  }[]
  total: number
}

export interface StatementResult {
  columns: string[]
  rows: Cell[][]
  rowCount: number
  durationMs: number
}

export interface Problem {
  message: string
  hint?: string
  status: number
}

export type Loaded<T> =
  | { state: 'loading'; data: T | undefined }
  | { state: 'ready'; data: T }
  | { state: 'failed'; problem: Problem; data: undefined }

/** Asks the service; rejects with a Problem. */
export async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  let answer: Response
  try {
    answer = await fetch(path, init)
  } catch (error) {
    if (init?.signal?.aborted) throw error
    throw {
      message: 'The studio does not answer.',
      hint: 'Is the silo running?',
      status: 0,
    } satisfies Problem
  }
  const body = await answer.json().catch(() => ({}))
  if (!answer.ok) {
    throw {
      message: body.message ?? `Error ${answer.status}`,
      hint: body.hint,
      status: answer.status,
    } satisfies Problem
  }
  return body as T
}

/** Runs one statement; the service lets it only read. */
export function runStatement(sql: string): Promise<StatementResult> {
  return ask('/api/query', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-studio': '1' },
    body: JSON.stringify({ sql }),
  })
}

/** Loads a path, again when it changes or `reload` is called; keeps what is shown until the new answer is there. */
export function useAsk<T>(path: string): Loaded<T> & { reload: () => void } {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading', data: undefined })
  const [turn, setTurn] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn loads the same path again.
  useEffect(() => {
    const abort = new AbortController()
    setLoaded(before => ({ state: 'loading', data: before.data }))
    ask<T>(path, { signal: abort.signal }).then(
      data => setLoaded({ state: 'ready', data }),
      problem => {
        if (!abort.signal.aborted)
          setLoaded({ state: 'failed', problem: problem as Problem, data: undefined })
      },
    )
    return () => abort.abort()
  }, [path, turn])
  const reload = useCallback(() => setTurn(value => value + 1), [])
  return { ...loaded, reload }
}
