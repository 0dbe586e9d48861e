/* GET /v1/jobs/{id}: how a job that the caller asked for is getting on (api-rules R7), and waiting
 * for its end (R5). */
#include "scfd/http/answer.h"

#include "job_store.h"

enum { BODY_MAX = 64 << 10 };

static const char *const status_names[] = {"queued", "running", "succeeded", "failed"};

static void optional_time(struct scf_jsonw *w, const char *name, int64_t us) {
    if (us)
        scf_jw_time(w, name, us);
    else
        scf_jw_null(w, name);
}

static void write_progress(struct scf_jsonw *w, const struct scf_job_view *job) {
    if (!job->has_progress) {
        scf_jw_null(w, "progress");
        return;
    }
    scf_jw_object(w, "progress");
    scf_jw_i64(w, "done", job->progress_done);
    scf_jw_i64(w, "total", job->progress_total);
    scf_jw_str(w, "unit", job->progress_unit);
    scf_jw_end_object(w);
}

static void write_end(struct scf_jsonw *w, const struct scf_job_view *job) {
    if (job->result_href) {
        scf_jw_object(w, "result");
        scf_jw_str(w, "href", job->result_href);
        scf_jw_end_object(w);
    } else {
        scf_jw_null(w, "result");
    }
    if (job->problem_code) {
        scf_jw_object(w, "problem");
        scf_jw_str(w, "code", job->problem_code);
        scf_jw_str(w, "detail", job->problem_detail);
        scf_jw_end_object(w);
    } else {
        scf_jw_null(w, "problem");
    }
}

static struct scf_buf render(const struct scf_job_view *job) {
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_id(&w, "id", "job", &job->id);
    scf_jw_str(&w, "object", "job");
    scf_jw_str(&w, "kind", job->kind);
    scf_jw_str(&w, "status", status_names[job->status]);
    scf_jw_i64(&w, "attempts", job->attempt);
    write_progress(&w, job);
    write_end(&w, job);
    scf_jw_time(&w, "created_at", job->created_us);
    optional_time(&w, "started_at", job->started_us);
    optional_time(&w, "finished_at", job->finished_us);
    scf_jw_end_object(&w);
    return out;
}

/* Does the client hold this very state and ask to be told of the next? */
static bool should_wait(struct scf_request *rq, const struct scf_job_view *job, const char *tag) {
    return job->finished_us == 0 && scf_rq_has_tag(rq, tag) && scf_rq_may_wait(rq);
}

static void reply(struct scf_request *rq, const struct scf_job_view *job) {
    struct scf_buf out = render(job);
    char tag[SCF_TAG_TEXT], topic[SCF_JOB_TOPIC];
    scf_entity_tag(job->attempt, &out, tag);
    if (should_wait(rq, job, tag)) {
        scf_buf_free(&out);
        scf_job_topic(&job->id, topic);
        scf_rq_wait(rq, topic);
    } else {
        scf_reply_tagged(rq, 200, job->attempt, &out);
    }
}

static void job_get(struct scf_request *rq) {
    const struct scf_actor *actor = scf_rq_actor(rq);
    struct scf_error err;
    struct scf_uuid id;
    struct scf_job_view job;
    enum scf_code code = scf_rq_path_id(rq, "id", "job", &id, &err);
    if (code == SCF_OK)
        code = scf_job_view_get(scf_rq_db(rq), scf_rq_arena(rq), &id,
                                actor->admin ? NULL : &actor->node_id, &job, &err);
    if (code)
        scf_reply_error(rq, &err);
    else
        reply(rq, &job);
}

const struct scf_route scf_work_routes[] = {
    {.method = "GET",
     .pattern = "/v1/jobs/{id}",
     .operation_id = "getJob",
     .tag = "Jobs",
     .summary = "How a job is getting on; Prefer: wait holds the answer until it has finished",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = job_get,
     .answers = "200 Job,304,404"},
};
const size_t scf_work_route_count = SCF_COUNT(scf_work_routes);
