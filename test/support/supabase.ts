import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import { WebSocket } from 'ws'

/** The official client as a server-side program makes it. Node 20 has no WebSocket of its own. */
export function supabaseClient(url: string, key: string): SupabaseClient {
  return createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket as never },
  })
}
