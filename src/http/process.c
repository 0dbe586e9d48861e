/* Metrics of the process itself, read from /proc when somebody asks (api-rules R20). The names are
 * those that every exporter uses. Any thread. */
#include <dirent.h>
#include <sys/resource.h>

#include "internal.h"

static int64_t resident_bytes(void) {
    long long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f == NULL)
        return 0;
    if (fscanf(f, "%lld %lld", &pages, &resident) != 2)
        resident = 0;
    fclose(f);
    return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

static int is_number(const struct dirent *e) {
    return isdigit((unsigned char)e->d_name[0]);
}

static int64_t open_files(void) {
    struct dirent **entries;
    int n = scandir("/proc/self/fd", &entries, is_number, alphasort);
    if (n < 0)
        return 0;
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
    return n - 1; /* without the directory itself */
}

void scf_process_measure(void) {
    struct rlimit files = {0};
    struct rusage used = {0};
    getrlimit(RLIMIT_NOFILE, &files);
    getrusage(RUSAGE_SELF, &used);
    scf_metric_set(
        scf_gauge("process_resident_memory_bytes", NULL, "Memory in use, without PostgreSQL"),
        resident_bytes());
    scf_metric_set(scf_gauge("process_open_fds", NULL, "Open files"), open_files());
    scf_metric_set(scf_gauge("process_max_fds", NULL, "The limit of open files"),
                   (int64_t)files.rlim_cur);
    scf_metric_set(
        scf_counter("process_cpu_seconds_total", NULL, "Processor time, in whole seconds"),
        used.ru_utime.tv_sec + used.ru_stime.tv_sec);
}
