/* SPDX-License-Identifier: GPL-2.0-only */
/* xen-vmcore: what an operator asks first about a crash of Xen. */

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* Exit status. */
enum {
    WHOLE = 0,                  /* A report that lacks nothing */
    LACKING = 1,                /* A report, which says what it lacks */
    NOTHING = 2,                /* No report, and why on stderr */
};

static const char help[] =
    "Usage: xen-vmcore [OPTION]... VMCORE [XEN-SYMS]\n"
    "Say why and where Xen crashed: from /proc/vmcore in the crash kernel, or\n"
    "from an ELF dump (cp /proc/vmcore, makedumpfile -X -E).\n"
    "\n"
    "  -j, --json      for programs\n"
    "  -l, --last=N    of the console and of dom0's log, the last N lines\n"
    "  -h, --help      this text\n"
    "\n"
    "With XEN-SYMS, of the same build: lines of source, and stacks by call\n"
    "frame information.  The default is what is installed for the build id\n"
    "below /usr/lib/debug/.build-id; if nothing is, function names come from\n"
    "the dump, and stacks are guesses.\n"
    "\n"
    "Exit status: 0 for a whole report, 1 for one that lacks something that\n"
    "it names, 2 for none.\n";

static int run(const char *vmcore, const char *xensyms, bool json,
               unsigned int last)
{
    struct report report;
    struct text error = {};
    struct dump dump;
    int status;

    if ( !dump_open(&dump, vmcore, xensyms, &error) )
    {
        fprintf(stderr, "xen-vmcore: %s: %s\n", vmcore, text_get(&error));
        text_free(&error);
        return NOTHING;
    }

    report_make(&dump, &report);
    if ( json )
        report_print_json(&report, stdout);
    else
        report_print_text(&report, last, stdout);
    status = dump.problems.used ? LACKING : WHOLE;

    report_free(&report);
    dump_close(&dump);

    if ( fflush(stdout) || ferror(stdout) )
    {
        fprintf(stderr, "xen-vmcore: %s\n", strerror(errno));
        return NOTHING;
    }

    return status;
}

static bool parse_number(const char *text, unsigned int *number)
{
    unsigned long value;
    char *end;

    errno = 0;
    value = strtoul(text, &end, 10);
    if ( errno || *end || *text < '0' || *text > '9' || value > 1u << 30 )
        return false;
    *number = value;

    return true;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "json", no_argument, NULL, 'j' },
        { "last", required_argument, NULL, 'l' },
        { "help", no_argument, NULL, 'h' },
        {},
    };
    unsigned int last = 0;
    bool json = false;
    int option;

    while ( (option = getopt_long(argc, argv, "jl:h", options, NULL)) != -1 )
        switch ( option )
        {
        case 'j':
            json = true;
            break;

        case 'l':
            if ( !parse_number(optarg, &last) )
            {
                fprintf(stderr, "xen-vmcore: --last=%s: not a number\n",
                        optarg);
                return NOTHING;
            }
            break;

        case 'h':
            fputs(help, stdout);
            return WHOLE;

        default:
            fputs(help, stderr);
            return NOTHING;
        }

    if ( argc - optind < 1 || argc - optind > 2 )
    {
        fputs(help, stderr);
        return NOTHING;
    }

    return run(argv[optind], argc - optind == 2 ? argv[optind + 1] : NULL,
               json, last);
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
