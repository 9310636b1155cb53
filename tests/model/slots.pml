/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slots of xen/common/kexec-slots.c, one of them, as a model that spin explores
 * in every order of events.
 *
 * Attacked: vCPUs that load, replace, unload and go on with what was
 * preempted, with cookies that may be stale; one that execs, and one that
 * crashes, at any moment, while the others may be anywhere.
 *
 * Must hold:
 *   invariant 3   what is armed would run, or nothing is armed
 *   invariant 8   each image is freed once, and when nobody works any more,
 *                 what is not armed or unfinished has been
 *   an exec enters the image that was armed when it froze the slots
 *   an operation returns 0 if it has done what it was to do, and not otherwise
 *   a crash image that stays armed is placed, whatever else was refused
 *   the crash area can be written to while an image is loaded straight into it
 *                 or placed, and at no other time
 *
 * CRASH_SLOT   the slot is the crash image's: loaded straight into the area if
 *              nothing is armed, and otherwise placed after arming
 * PLANT=n      a defect that has to be found; the script "run" lists them
 */

#ifndef PLANT
#define PLANT 0
#endif
#ifdef CRASH_SLOT
#define CRASH true
#else
#define CRASH false
#endif

#define VCPUS   2
#define OPS     2               /* New operations of each vCPU. */
#define IMAGES  5               /* More than ever exist at a time. */

/* What an image's memory is. */
mtype = { FREE, BUILT, STAGED, PLACED };
mtype image[IMAGES + 1] = FREE;

/* struct kexec_slot, and what kexec_lock protects. */
bool lock, busy, frozen, placing;
bool direct, open;              /* The load is; the area is. */
byte cookie;                    /* Of the operation to go on with, or 0. */
byte operation;                 /* Whose load and result there are. */
bool refused;                   /* The result. */
byte armed, loading;            /* Images, or 0. */
bool trash[IMAGES + 1];

/* Whose bytes the crash area has; MIXED while they are being written. */
#define MIXED 255
byte area;

/* Not in Xen: what must be, by what has happened. */
bool effective;                 /* The operation has armed what it was to. */
bool owed;                      /* What is armed is still to be placed. */

byte finished;                  /* vCPUs that do no more. */
bool stopped;                   /* By a crash or an exec: all do no more. */

#define RUNS(i) (image[i] == STAGED || (image[i] == PLACED && area == i))

inline take_lock() { atomic { !lock || stopped -> lock = true } }
inline drop_lock() { lock = false }

/* A list takes an image, of which something is left. */
inline to_trash(i)
{
    d_step {
        assert(i != 0 && image[i] != FREE && !trash[i]);
        trash[i] = true
    }
}

/* slot_claim(); @with: a cookie, or 0 for a new operation. */
inline claim(with, rc)
{
    /* While an exec may still fail, a continuation is issued again. */
    (!(frozen && with != 0 && cookie == with) || stopped);
    take_lock();
    if
    :: frozen || (busy && PLANT != 1) ||
       (with != 0 && cookie != with && PLANT != 2) -> rc = false
    :: else -> busy = true; rc = true
    fi;
    drop_lock()
}

/* slot_release() */
inline release(with)
{
    take_lock();
    cookie = with;
    busy = false;
    drop_lock()
}

/* begin_load(), with a slot that is claimed. */
inline begin_load()
{
    direct = CRASH && (armed == 0 || PLANT == 13);
    open = direct
}

inline end_load()
{
    open = open && PLANT == 14;
    direct = false
}

/* abandon_operation() */
inline abandon()
{
    if
    :: loading != 0 && PLANT != 3 ->
       to_trash(loading);
       loading = 0;
       end_load()
    :: else
    fi;
    if
    :: PLANT == 10 -> placing = false
    :: else
    fi;
    d_step { open = false; refused = false; effective = false }
}

/* arm(); frees the old image, or the new one if it comes too late. */
inline arm(new, old)
{
    take_lock();
    old = armed;
    if
    :: frozen && PLANT != 5 ->
       drop_lock();
       if
       :: new != 0 -> to_trash(new)
       :: else
       fi;
       d_step { refused = true; old = 0 }
    :: else ->
       if
       :: PLANT == 6 && old != 0 -> image[old] = FREE; old = 0
       :: else
       fi;
       d_step {
           armed = new;
           effective = true;
           owed = new != 0 && CRASH && image[new] != PLACED
       };
       drop_lock();
       if
       :: new != 0 ->
          placing = CRASH && image[new] != PLACED;
          open = placing
       :: new == 0 && PLANT != 4 -> placing = false
       :: else
       fi;
       if
       :: old != 0 -> to_trash(old)
       :: else
       fi
    fi
}

/* A piece of the list of what is to be freed: an image. */
inline free_trash(i)
{
    d_step {
        i = 1;
        do
        :: i <= IMAGES && !trash[i] -> i++
        :: else -> break
        od;
        assert(i != armed);
        assert(image[i] != FREE);
        trash[i] = false;
        image[i] = FREE;
        i = 0
    }
}

#define ANY_TRASH (trash[1] || trash[2] || trash[3] || trash[4] || trash[5])

/* slot_step(), until there is nothing to do: then more is false. */
inline step()
{
    more = true;
    if
    :: ANY_TRASH -> free_trash(i)
    :: else ->
       if
       :: loading != 0 ->
          if
          :: direct -> assert(open); area = MIXED
          :: else
          fi;
          if
          :: skip                       /* A stretch of it. */
          :: to_trash(loading);         /* It fails. */
             d_step { loading = 0; refused = true };
             end_load()
          :: i = loading;
             loading = 0;
             if
             :: direct -> area = i; image[i] = PLACED
             :: else -> image[i] = (PLANT == 7 -> BUILT : STAGED)
             fi;
             end_load();
             arm(i, old);
             i = 0; old = 0
          fi
       :: else ->
          if
          :: placing ->
             assert(armed != 0);
             d_step { open = true; area = MIXED };
             if
             :: PLANT == 8 -> image[armed] = PLACED
             :: else
             fi;
             if
             :: skip
             :: area = armed;
                image[armed] = PLACED;  /* By one write: no plan. */
                d_step { placing = false; owed = false; open = false }
             :: d_step {                /* It did not arrive. */
                    placing = false; owed = false; open = false
                }
             fi
          :: else -> more = false
          fi
       fi
    fi
}

/* slot_work(): done, or preempted with a cookie to go on with. */
inline work()
{
    do
    :: step();
       if
       :: !more ->
          d_step {
              assert(operation == id);  /* Its own result. */
              assert(refused == !effective);
              refused = false;
              effective = false;
              mine = 0;
              done = false;
              did = false
          };
          release(0);
          break
       :: more
       :: more ->                       /* next_cookie() */
          d_step {
              mine = id;
              done = (loading == 0 || PLANT == 11) &&
                     (!refused || PLANT == 12);
              did = effective
          };
          release(mine);
          break
       fi
    od
}

/* An image that is not there yet; there is always one. */
inline new_image(i)
{
    d_step {
        i = 1;
        do
        :: i <= IMAGES && image[i] != FREE -> i++
        :: else -> break
        od;
        assert(i <= IMAGES);
        image[i] = BUILT
    }
}

active [VCPUS] proctype vcpu()
{
    byte ops, id;               /* Of its operation, which is its cookie, */
    byte mine;                  /* if it has got one. */
    bool done, did;             /* What the cookie says, and what is so. */
    byte i, old;
    bool claimed, more;

    /* A machine that has been left stops its CPUs wherever they are. */
    {
        do
        :: ops < OPS ->                 /* Load. */
           ops++;
           id = _pid * 16 + ops;
           mine = 0;
           claim(0, claimed);
           if
           :: claimed ->
              operation = id;
              abandon();
              new_image(i);
              loading = i;
              i = 0;
              begin_load();
              work()
           :: else
           fi
        :: ops < OPS ->                 /* Unload. */
           ops++;
           id = _pid * 16 + ops;
           mine = 0;
           claim(0, claimed);
           if
           :: claimed ->
              operation = id;
              abandon();
              arm(0, old);
              old = 0;
              work()
           :: else
           fi
        :: mine != 0 ->                 /* Go on. */
           claim(mine, claimed);
           if
           :: claimed -> id = mine; work()
           :: else ->                   /* 0 if done, or else -EBUSY. */
              d_step {
                  assert(done == did);
                  mine = 0;
                  done = false;
                  did = false
              }
           fi
        :: ops == OPS && mine == 0 -> break
        od
    } unless { stopped };

    finished++
}

#ifdef CRASH_SLOT
/* At any moment; other CPUs go on until they have been stopped. */
active proctype crasher()
{
    if
    :: armed != 0 ->
       atomic {
           stopped = true;
           assert(armed == 0 || RUNS(armed))
       }
    :: finished == VCPUS
    fi
}
#else
active proctype execer()
{
    byte entered;

    take_lock();
    entered = armed;
    if
    :: entered != 0 && PLANT != 9 -> frozen = true
    :: else
    fi;
    drop_lock();

    if
    :: entered != 0 ->
       if
       :: atomic {
              /* Whatever has been going on meanwhile. */
              stopped = true;
              assert(entered == armed && RUNS(entered))
          }
       :: take_lock(); frozen = false; drop_lock()      /* It failed. */
       fi
    :: else
    fi
}
#endif

/* Invariant 3, at every moment. */
active proctype watch()
{
    byte i;

    do
    :: atomic { armed != 0 && !RUNS(armed) -> assert(false) }
    :: finished == VCPUS -> break
    od;

    /* When all have come to their end by themselves. */
    assert(stopped || !owed);

    /* Invariant 8. */
    i = 1;
    d_step {
        assert(stopped || !open || placing || (direct && loading != 0));
        do
        :: i <= IMAGES ->
           assert(stopped || image[i] == FREE || i == armed ||
                  i == loading || trash[i]);
           i++
        :: else -> break
        od
    }
}
