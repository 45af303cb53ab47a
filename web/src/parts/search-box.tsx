import { useEffect, useState } from 'react'
import { Icon } from './icon.tsx'

/** Tells what was typed once the typing pauses. */
export function SearchBox({ label, onChange }: { label: string; onChange: (text: string) => void }) {
  const [text, setText] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => onChange(text.trim()), 200)
    return () => clearTimeout(timer)
  }, [text, onChange])
  return (
    <label className="search">
      <Icon name="search" />
      <span className="unseen">{label}</span>
      <input type="search" placeholder={label} value={text} onChange={event => setText(event.target.value)} />
    </label>
  )
}
