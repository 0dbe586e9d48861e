/* The HTTP room alone, for wrk: GET /constant (INLINE) and POST /echo (ASYNC), which another thread
 * resumes in batches, as the committer does. Usage: http_room PORT THREADS; stops at end of input.
 */
#include "scfd/codec/digest.h"
#include "scfd/http/http.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static struct scf_request *queue[8192];
static size_t queued;
static bool stop;

static void constant(struct scf_request *rq) {
    struct scf_buf body;
    scf_buf_init(&body, 256);
    scf_buf_puts(&body, "{\"answer\":\"the same for everybody\"}");
    scf_reply_json(rq, 200, &body);
}

static void echo_back(struct scf_request *rq) {
    struct scf_str text = scf_rq_body(rq);
    struct scf_buf body;
    scf_buf_init(&body, text.n + 1);
    scf_buf_put(&body, text.p, text.n);
    scf_reply_json(rq, 201, &body);
}

static void echo(struct scf_request *rq) {
    scf_rq_suspend(rq);
    pthread_mutex_lock(&lock);
    SCF_ASSERT(queued < SCF_COUNT(queue));
    queue[queued++] = rq;
    if (queued == 1)
        pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
}

/* Takes all there is, pretends to commit for a millisecond, resumes all. */
static void *committer(void *arg) {
    (void)arg;
    static struct scf_request *batch[SCF_COUNT(queue)];
    pthread_mutex_lock(&lock);
    while (!stop) {
        if (queued == 0) {
            pthread_cond_wait(&more, &lock);
            continue;
        }
        size_t n = queued;
        memcpy(batch, queue, n * sizeof batch[0]);
        queued = 0;
        pthread_mutex_unlock(&lock);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        for (size_t i = 0; i < n; i++)
            scf_rq_resume(batch[i], echo_back);
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static enum scf_code anybody(void *app, struct scf_str key, struct scf_actor *ret,
                             struct scf_error *err) {
    (void)app, (void)key, (void)err;
    *ret = (struct scf_actor){.kind = SCF_NODE_ERP};
    return SCF_OK;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: http_room PORT THREADS\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    scf_digest_init();
    static const struct scf_route routes[] = {
        {.method = "GET", .pattern = "/constant", .run = SCF_RUN_INLINE, .handle = constant},
        {.method = "POST",
         .pattern = "/v1/echo",
         .access = SCF_KEYED,
         .kinds = SCF_ANY_NODE,
         .run = SCF_RUN_ASYNC,
         .handle = echo,
         .body_type = "application/json"}};
    char listen[64];
    snprintf(listen, sizeof listen, "127.0.0.1:%s", argv[1]);
    struct scf_server_options options = {.listen = listen,
                                         .http_threads = (int)strtol(argv[2], NULL, 10),
                                         .routes = routes,
                                         .route_count = SCF_COUNT(routes),
                                         .authenticate = anybody};
    struct scf_server *server;
    struct scf_error err;
    pthread_t thread;
    if (scf_server_start(&options, &server, &err) != SCF_OK) {
        fprintf(stderr, "%s\n", err.detail);
        return 1;
    }
    pthread_create(&thread, NULL, committer, NULL);
    while (getchar() != EOF)
        continue;
    scf_server_stop(server, 5);
    pthread_mutex_lock(&lock);
    stop = true;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    return 0;
}
