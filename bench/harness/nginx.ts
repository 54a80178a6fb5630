import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Command } from './process.ts'

/** Where nginx lies; undefined where there is none. */
export const findNginx = (): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'nginx'))
    .find((path) => existsSync(path))

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

const configOf = (folder: string, port: number, target: string): string => `
daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log crit;
worker_rlimit_nofile 20000;
events { worker_connections 20000; }
http {
  access_log off;
  ${TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass ${target};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_read_timeout 1h;
    }
  }
}
`

/** nginx as a reverse proxy for WebSockets, as its documentation says, in one process. */
export const nginxCommand = (
  nginx: string,
  folder: string,
  port: number,
  target: string,
): Command => {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configOf(folder, port, target))
  return { command: nginx, args: ['-c', file, '-p', folder] }
}
