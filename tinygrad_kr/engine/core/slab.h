/* Where nodes lie: slabs of 16 KB, filled in order of creation, so that a graph lies in memory as it is swept; leaves,
 * which stay, apart from results, which go. A slab with few live nodes is filled up before a new one is begun: a result
 * that somebody keeps does not keep the room of its neighbours.
 * Slabs are cut from regions, so that they follow each other upwards, as processors read ahead: a system gives room
 * downwards, and slabs it had given one by one made a node of 10^6 cost twice what one of 10^4 does. */
#define SLAB_BYTES 16384
#define REGION_BYTES 1048576
#define SPARE_SLABS 8192 /* at most 128 MB are kept for the next graph; of more, regions without a node go back */

typedef struct Slab {
    struct Slab *before, *after; /* in the list of those with few live nodes, or of those with none */
    struct Slab *region;         /* the first of the region */
    int32_t live, next, is_listed, is_current;
    struct { void *memory; int32_t slabs, used; } whole; /* of a region's first; used: not spare */
    Node nodes[];
} Slab;

#define SLAB_NODES ((int32_t)((SLAB_BYTES - offsetof(Slab, nodes)) / sizeof(Node)))
#define SLAB_AT(region, i) ((Slab *)((char *)(region) + (size_t)(i) * SLAB_BYTES))
#define SLAB_OF(address) ((Slab *)((uintptr_t)(address) & ~(uintptr_t)(SLAB_BYTES - 1)))
#define FEW (SLAB_NODES / 4)

static PyObjectArenaAllocator ARENA; /* Python's way to the system's pages */
static Slab *CURRENT[2], *LISTED, *SPARE;
static Py_ssize_t SLABS, SPARES, LIVE;

static void put_in(Slab **list, Slab *s) {
    s->before = NULL, s->after = *list;
    if (s->after) s->after->before = s;
    *list = s;
}

static Slab *take_out(Slab **list, Slab *s) {
    if (s->before) s->before->after = s->after;
    else *list = s->after;
    if (s->after) s->after->before = s->before;
    return s;
}

static int add_region(void) { /* of slabs that begin at multiples of their size */
    char *memory = ARENA.alloc(ARENA.ctx, REGION_BYTES);
    if (!memory) return -1;
    Slab *first = SLAB_OF((char *)memset(memory, 0, REGION_BYTES) + SLAB_BYTES - 1);
    first->whole.memory = memory, first->whole.slabs = (int32_t)((memory + REGION_BYTES - (char *)first) / SLAB_BYTES);
    for (int i = first->whole.slabs; i-- > 0;) SLAB_AT(first, i)->region = first, put_in(&SPARE, SLAB_AT(first, i));
    SPARES += first->whole.slabs, SLABS += first->whole.slabs;
    return 0;
}

static void give_back(Slab *region) {
    for (int i = 0; i < region->whole.slabs; i++) take_out(&SPARE, SLAB_AT(region, i));
    SPARES -= region->whole.slabs, SLABS -= region->whole.slabs;
    ARENA.free(ARENA.ctx, region->whole.memory, REGION_BYTES);
}

static void settle(Slab *s) { /* one that is not being filled */
    if (s->live && s->live <= FEW && !s->is_listed) put_in(&LISTED, s), s->is_listed = 1;
    if (s->live) return;
    if (s->is_listed) take_out(&LISTED, s), s->is_listed = 0;
    put_in(&SPARE, s), SPARES++;
    if (--s->region->whole.used == 0 && SPARES > SPARE_SLABS) give_back(s->region);
}

static int open_slab(int kind) {
    if (!LISTED && !SPARE && add_region() < 0) return -1;
    Slab *s = LISTED ? take_out(&LISTED, LISTED) : take_out(&SPARE, SPARE);
    if (s->is_listed) s->is_listed = 0;
    else SPARES--, s->region->whole.used++;
    if (CURRENT[kind]) CURRENT[kind]->is_current = 0, settle(CURRENT[kind]);
    s->next = 0, s->is_current = 1, CURRENT[kind] = s;
    return 0;
}

static inline Node *slot(int kind) { /* room for a leaf (kind 0) or a result (1); it is free where no type is set */
    do {
        Slab *s = CURRENT[kind];
        while (s && s->next < SLAB_NODES) {
            Node *v = &s->nodes[s->next++];
            if (Py_TYPE(v)) continue;
            s->live++;
            return v;
        }
    } while (open_slab(kind) == 0);
    return NULL;
}

static inline void free_slot(Node *v) {
    Slab *s = SLAB_OF(v);
    Py_SET_TYPE(v, NULL);
    s->live--;
    if (!s->is_current) settle(s);
    else if (!s->live) s->next = 0;
}
