import type { ReactNode } from 'react'
import type { Problem } from '../api.ts'
import { Icon, type IconName } from './icon.tsx'

/** What stands where nothing is yet, and why. */
export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children && <div className="quiet">{children}</div>}
    </div>
  )
}

export function Failure({ problem, retry }: { problem: Problem; retry: () => void }) {
  return (
    <div className="empty" role="alert">
      <h2>{problem.message}</h2>
      {problem.hint && <p className="quiet">{problem.hint}</p>}
      <button type="button" className="button" onClick={retry}>
        <Icon name="refresh" /> Try again
      </button>
    </div>
  )
}

export function Loading({ what }: { what: string }) {
  return (
    <div className="loading" role="status">
      Loading {what} …
    </div>
  )
}

export function Badge({ tone, children }: { tone: 'good' | 'warn' | 'neutral'; children: ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>
}
