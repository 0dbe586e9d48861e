/* libmicrohttpd with nothing around it: every request gets the same small answer. The yardstick for
 * what the HTTP room adds. Usage: bare_mhd PORT THREADS; stops at end of input. */
#include <microhttpd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct MHD_Response *answer;

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *n, void **context) {
    static int seen;
    (void)cls, (void)url, (void)method, (void)version, (void)bytes;
    if (*context == NULL) {
        *context = &seen;
        return MHD_YES;
    }
    if (*n > 0) {
        *n = 0;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, answer);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: bare_mhd PORT THREADS\n");
        return 2;
    }
    static char body[] = "{\"answer\":\"the same for everybody\"}";
    answer = MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(answer, "Content-Type", "application/json");
    struct MHD_Daemon *d = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, (uint16_t)strtoul(argv[1], NULL, 10),
        NULL, NULL, on_request, NULL, MHD_OPTION_THREAD_POOL_SIZE,
        (unsigned)strtoul(argv[2], NULL, 10), MHD_OPTION_CONNECTION_LIMIT, 4096u, MHD_OPTION_END);
    if (d == NULL)
        return 1;
    while (getchar() != EOF)
        continue;
    MHD_stop_daemon(d);
    MHD_destroy_response(answer);
    return 0;
}
