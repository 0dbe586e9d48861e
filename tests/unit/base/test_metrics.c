/* Metrics: the text format, sameness of (name, labels), and additions of several threads. */
#include "scfd/base/metrics.h"
#include <setjmp.h>
#include <cmocka.h>

static void test_text_format(void **state) {
    (void)state;
    struct scf_metric *zebra = scf_gauge("scfd_zebra", NULL, "Zebras.");
    struct scf_metric *ok = scf_counter("scfd_records_total", "result=\"ok\"", "Records.");
    struct scf_metric *bad = scf_counter("scfd_records_total", "result=\"bad\"", "Records.");
    struct scf_metric *seconds = scf_histogram("scfd_job_seconds", "kind=\"seal\"", "Jobs.");
    assert_ptr_not_equal(ok, bad);
    assert_ptr_equal(ok, scf_counter("scfd_records_total", "result=\"ok\"", "Records."));
    scf_metric_set(zebra, -3);
    scf_metric_add(zebra, 1);
    scf_metric_add(ok, 5);
    scf_metric_observe_us(seconds, 1000);     /* on the bound of the first bucket */
    scf_metric_observe_us(seconds, 1001);     /* second bucket */
    scf_metric_observe_us(seconds, 60000000); /* above all bounds */

    struct scf_buf out;
    scf_buf_init(&out, 1 << 16);
    scf_metrics_write(&out);
    assert_string_equal(out.data, "# HELP scfd_job_seconds Jobs.\n"
                                  "# TYPE scfd_job_seconds histogram\n"
                                  "scfd_job_seconds_bucket{kind=\"seal\",le=\"0.001\"} 1\n"
                                  "scfd_job_seconds_bucket{kind=\"seal\",le=\"0.005\"} 2\n"
                                  "scfd_job_seconds_bucket{kind=\"seal\",le=\"0.01\"} 2\n"
                                  "scfd_job_seconds_bucket{kind=\"seal\",le=\"0.025\"} 2\n"
                                  "scfd_job_seconds_bucket{kind=\"seal\",le=\"0.05\"} 2\n"
                                  "scfd_job_seconds_bucket{kind=\"seal\",le=\"0.1\"} 2\n"
                                  "scfd_job_seconds_bucket{kind=\"seal\",le=\"0.25\"} 2\n"
                                  "scfd_job_seconds_bucket{kind=\"seal\",le=\"0.5\"} 2\n"
                                  "scfd_job_seconds_bucket{kind=\"seal\",le=\"1\"} 2\n"
                                  "scfd_job_seconds_bucket{kind=\"seal\",le=\"2.5\"} 2\n"
                                  "scfd_job_seconds_bucket{kind=\"seal\",le=\"5\"} 2\n"
                                  "scfd_job_seconds_bucket{kind=\"seal\",le=\"10\"} 2\n"
                                  "scfd_job_seconds_bucket{kind=\"seal\",le=\"+Inf\"} 3\n"
                                  "scfd_job_seconds_sum{kind=\"seal\"} 60.002001\n"
                                  "scfd_job_seconds_count{kind=\"seal\"} 3\n"
                                  "# HELP scfd_records_total Records.\n"
                                  "# TYPE scfd_records_total counter\n"
                                  "scfd_records_total{result=\"bad\"} 0\n"
                                  "scfd_records_total{result=\"ok\"} 5\n"
                                  "# HELP scfd_zebra Zebras.\n"
                                  "# TYPE scfd_zebra gauge\n"
                                  "scfd_zebra -2\n");
    scf_buf_free(&out);
}

static void *add_many(void *p) {
    for (int i = 0; i < 100000; i++)
        scf_metric_add(p, 1);
    return NULL;
}

static void test_threads_lose_nothing(void **state) {
    (void)state;
    struct scf_metric *m = scf_counter("scfd_threads_total", NULL, "Additions.");
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, m), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    struct scf_buf out;
    scf_buf_init(&out, 1 << 16);
    scf_metrics_write(&out);
    assert_non_null(strstr(out.data, "scfd_threads_total 400000\n"));
    scf_buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_format),
        cmocka_unit_test(test_threads_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
