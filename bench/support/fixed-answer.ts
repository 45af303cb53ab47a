import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, untilAccepts } from './ports.ts'

/** nginx with one process that answers everything with the same row: the least that a server does here, in C. Undefined when it is not installed. */
export async function fixedAnswer(
  folder: string,
): Promise<{ port: number; child: ChildProcess } | undefined> {
  const program = ['/usr/sbin/nginx', '/usr/bin/nginx'].find(path => existsSync(path))
  if (!program) return undefined
  const port = await freePort()
  const configuration = join(folder, 'nginx.conf')
  writeFileSync(
    configuration,
    `daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
     events { worker_connections 1024; }
     http { access_log off; keepalive_requests 100000000; default_type application/json;
       client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
       server { listen 127.0.0.1:${port}; location / { return 200 '[{"id":1,"name":"client 1"}]'; } } }`,
  )
  const child = spawn(program, ['-e', join(folder, 'error.log'), '-c', configuration], { stdio: 'ignore' })
  if (await untilAccepts(port)) return { port, child }
  child.kill()
  throw new Error('nginx does not answer')
}
