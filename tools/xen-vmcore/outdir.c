/* SPDX-License-Identifier: GPL-2.0-only */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "outdir.h"
#include "report-text.h"

struct outdir {
    const struct report *report;
    const char *folder;
    struct text *error;
};

/* A file, by a function that prints its contents for the number @nr. */
static void write_file(const struct outdir *outdir, const char *name,
                       void (*print)(const struct report *report, size_t nr,
                                     FILE *out), size_t nr)
{
    struct text path = {};
    bool good = false;
    FILE *out;

    text_add(&path, "%s/%s", outdir->folder, name);
    out = fopen(text_get(&path), "w");
    if ( out )
    {
        print(outdir->report, nr, out);
        good = !fflush(out) && !ferror(out);
        /* What is in no buffer any more can still fail to reach the disk. */
        good = !fclose(out) && good;
    }
    if ( !good )
        text_add(outdir->error, "%s: %s\n", text_get(&path),
                 strerror(errno));
    text_free(&path);
}

static void print_xen(const struct report *report, size_t nr, FILE *out)
{
    report_text_xen(report, out);
    report_text_console(report, 0, out);
    report_text_problems(report, out);
}

static void print_domain(const struct report *report, size_t nr, FILE *out)
{
    const struct domain *domain = &report->domains.list[nr];

    report_text_domain(report, domain, true, out);
    if ( !domain->id )
        report_text_dom0_log(report, 0, out);
}

static void print_text(const struct report *report, size_t nr, FILE *out)
{
    report_print_text(report, 0, out);
}

static void print_json(const struct report *report, size_t nr, FILE *out)
{
    report_print_json(report, out);
}

bool outdir_write(const struct report *report, const char *folder,
                  struct text *error)
{
    const struct outdir outdir = { report, folder, error };
    char name[40];
    size_t i;

    if ( mkdir(folder, 0700) && errno != EEXIST )
    {
        text_add(error, "%s: %s\n", folder, strerror(errno));
        return false;
    }

    write_file(&outdir, "xen.log", print_xen, 0);
    for ( i = 0; i < report->domains.nr; i++ )
    {
        snprintf(name, sizeof(name), "dom%u.log", report->domains.list[i].id);
        write_file(&outdir, name, print_domain, i);
    }
    write_file(&outdir, "report.txt", print_text, 0);
    write_file(&outdir, "report.json", print_json, 0);
    for ( i = 0; i < report->dump->notes.nr_cpus; i++ )
        if ( cpu_has_registers(&report->dump->notes.cpus[i]) )
        {
            snprintf(name, sizeof(name), "xen.pcpu%zu.stack.log", i);
            write_file(&outdir, name, report_text_words, i);
        }

    return !error->used;
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
