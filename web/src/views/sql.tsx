import { type FormEvent, type KeyboardEvent, useState } from 'react'
import { type Problem, runStatement, type StatementResult } from '../api.ts'
import { count } from '../format.ts'
import { Grid } from '../parts/grid.tsx'
import { Icon } from '../parts/icon.tsx'
import { Empty } from '../parts/states.tsx'

export function SqlView() {
  const [sql, setSql] = useState(() => sessionStorage.getItem('sql') ?? 'select now() as time, version();')
  const [running, setRunning] = useState(false)
  const [result, setResult] = useState<StatementResult>()
  const [problem, setProblem] = useState<Problem>()
  const run = async () => {
    sessionStorage.setItem('sql', sql)
    setRunning(true)
    setProblem(undefined)
    try {
      setResult(await runStatement(sql))
    } catch (thrown) {
      setResult(undefined)
      setProblem(thrown as Problem)
    } finally {
      setRunning(false)
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void run()
  }
  return (
    <>
      <header className="top">
        <div>
          <h1>SQL</h1>
          <p className="quiet">One statement at a time, in a transaction that cannot write</p>
        </div>
      </header>
      <form className="sql" onSubmit={submit}>
        <label>
          <span className="unseen">Statement</span>
          <textarea
            spellCheck={false}
            rows={6}
            value={sql}
            onChange={event => setSql(event.target.value)}
            onKeyDown={keys}
          />
        </label>
        <div className="bar">
          <button type="submit" className="button strong" disabled={running || sql.trim() === ''}>
            <Icon name="play" /> {running ? 'Running …' : 'Run'}
          </button>
          <span className="quiet small">Ctrl + Enter</span>
          <span className="space" />
          <span className="quiet" aria-live="polite">
            {result && `${count(result.rowCount, 'row')} in ${result.durationMs} ms`}
            {result && result.rowCount > result.rows.length && `, the first ${result.rows.length} are shown`}
          </span>
        </div>
      </form>
      {problem && (
        <div className="notice bad" role="alert">
          <p>{problem.message}</p>
        </div>
      )}
      {result && result.rows.length === 0 && (
        <Empty icon="code" title="Done">
          The statement gave no rows.
        </Empty>
      )}
      {result && result.rows.length > 0 && (
        <Grid label="Result" columns={result.columns.map(name => ({ name }))} rows={result.rows} />
      )}
    </>
  )
}
