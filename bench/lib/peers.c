/*
 * The programs that people put in front of streams today, each with the shortest
 * configuration that serves one, by one worker, without logs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"
#include "bench/lib/child.h"
#include "bench/lib/client.h"
#include "bench/lib/net.h"
#include "bench/lib/origin.h"
#include "bench/lib/subject.h"

#define CONF_MAX 8192

_Bool
subject_start_nginx(struct subject *s, const struct subject_options *o)
{
	static const char *const temp[] = { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" };
	struct buf text = BUF_INIT(CONF_MAX);
	const char *argv[] = { "nginx", "-e", "stderr", "-p", bench_dir(), "-c", NULL, NULL };
	char *conf;

	if (!child_installed("nginx"))
		return 0;
	s->port = net_free_port();
	buf_printf(&text,
	    "daemon off;\nmaster_process off;\nworker_processes 1;\n"
	    "pid %s/nginx.pid;\nerror_log stderr error;\n"
	    "events { worker_connections 8192; }\n"
	    "http {\naccess_log off;\n",
	    bench_dir());
	for (size_t i = 0; i < ARRAY_LEN(temp); i++)
		buf_printf(&text, "%s_temp_path %s/nginx_%s;\n", temp[i], bench_dir(), temp[i]);
	buf_printf(&text,
	    "server {\nlisten %s:%u;\n"
	    "location / { proxy_pass http://%s:%u; proxy_buffering off; }\n}\n}\n",
	    s->host, s->port, o->origin->host, o->origin->port);
	conf = subject_write("nginx.conf", &text);
	argv[6] = conf;
	subject_exec(s, o, argv);
	free(conf);
	return 1;
}

_Bool
subject_start_haproxy(struct subject *s, const struct subject_options *o)
{
	struct buf text = BUF_INIT(CONF_MAX);
	const char *argv[] = { "haproxy", "-db", "-f", NULL, NULL };
	char *conf;

	if (!child_installed("haproxy"))
		return 0;
	s->port = net_free_port();
	buf_printf(&text,
	    "global\n  nbthread 1\n  maxconn 8192\n"
	    "defaults\n  mode http\n  timeout connect 5s\n  timeout client 1m\n  timeout server "
	    "1m\n"
	    "listen bench\n  bind %s:%u\n  server origin %s:%u\n",
	    s->host, s->port, o->origin->host, o->origin->port);
	conf = subject_write("haproxy.cfg", &text);
	argv[3] = conf;
	subject_exec(s, o, argv);
	free(conf);
	return 1;
}

/* Pulls the stream itself, once, for all its listeners. */
_Bool
subject_start_icecast(struct subject *s, const struct subject_options *o)
{
	struct buf text = BUF_INIT(CONF_MAX);
	const char *argv[] = { "icecast2", "-c", NULL, NULL };
	char *conf;

	if (!child_installed("icecast2"))
		return 0;
	s->port = net_free_port();
	buf_printf(&text,
	    "<icecast><limits><clients>8192</clients><sources>4</sources>"
	    "<queue-size>16777216</queue-size><burst-on-connect>1</burst-on-connect></limits>"
	    "<authentication><source-password>bench</source-password>"
	    "<relay-password>bench</relay-password></authentication>"
	    "<hostname>localhost</hostname>"
	    "<listen-socket><port>%u</port><bind-address>%s</bind-address></listen-socket>"
	    "<relay><server>%s</server><port>%u</port><mount>%s</mount>"
	    "<local-mount>/live.ts</local-mount><on-demand>0</on-demand></relay>"
	    "<paths><logdir>%s</logdir><webroot>%s</webroot><adminroot>%s</adminroot></paths>"
	    "<logging><accesslog>-</accesslog><errorlog>-</errorlog><loglevel>1</loglevel></"
	    "logging>",
	    s->port, s->host, o->origin->host, o->origin->port, s->path, bench_dir(), bench_dir(),
	    bench_dir());
	/* It refuses to serve as root. */
	if (geteuid() == 0)
		buf_str(&text,
		    "<security><changeowner><user>icecast2</user><group>icecast</group>"
		    "</changeowner></security>");
	buf_str(&text, "</icecast>\n");
	conf = subject_write("icecast.xml", &text);
	argv[2] = conf;
	subject_exec(s, o, argv);
	free(conf);
	(void)snprintf(s->path, sizeof(s->path), "/live.ts");
	if (!client_until_ok(s, s->path, 15000))
		bench_die("icecast does not serve %s", s->path);
	return 1;
}
