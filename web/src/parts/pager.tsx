interface PagerProps {
  readonly offset: number
  readonly limit: number
  readonly total: number
  readonly exact?: boolean
  readonly onMove: (offset: number) => void
}

export function Pager({ offset, limit, total, exact = true, onMove }: PagerProps) {
  const last = Math.min(offset + limit, total)
  return (
    <nav className="pager" aria-label="Pages">
      <span className="quiet" aria-live="polite">
        {total === 0
          ? 'No rows'
          : `${offset + 1} to ${last} of ${exact ? '' : 'about '}${total.toLocaleString('en')}`}
      </span>
      <button
        type="button"
        className="button"
        disabled={offset === 0}
        onClick={() => onMove(Math.max(0, offset - limit))}
      >
        Previous
      </button>
      <button
        type="button"
        className="button"
        disabled={last >= total}
        onClick={() => onMove(offset + limit)}
      >
        Next
      </button>
    </nav>
  )
}
