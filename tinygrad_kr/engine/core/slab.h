/* Where nodes lie: slabs of 16 KB, filled in order of creation, so that a graph lies in memory as it is swept; leaves,
 * which stay, apart from results, which go. A slab with few live nodes is filled up before a new one is begun: a result
 * that somebody keeps does not keep the room of its neighbours. */
#define SLAB_BYTES 16384
#define REGION_SLABS 128  /* 2 MB, a large page where the system has them: without, 10^6 nodes cost twice what 10^4 do */
#define SPARE_SLABS 8192 /* at most 128 MB are kept for the next graph; of more, regions without a node go back */

typedef struct Slab {
    struct Slab *before, *after; /* in the list of those with few live nodes, or of those with none */
    struct Slab *region;         /* the first of the region */
    int32_t live, next, is_listed, is_current;
    int32_t used; /* of a region's first: slabs that are not spare */
    Node nodes[];
} Slab;

#define SLAB_NODES ((int32_t)((SLAB_BYTES - offsetof(Slab, nodes)) / sizeof(Node)))
#define SLAB_AT(region, i) ((Slab *)((char *)(region) + (size_t)(i) * SLAB_BYTES))
#define FEW (SLAB_NODES / 4)

static PyObjectArenaAllocator ARENA; /* Python's way to the system's pages */
static Slab *CURRENT[2], *LISTED, *SPARE, *REGION; /* REGION: the one that is being cut into slabs, CUT of them */
static int32_t CUT = REGION_SLABS;
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

static Slab *cut(void) {
    if (CUT == REGION_SLABS) {
        Slab *region = ARENA.alloc(ARENA.ctx, REGION_SLABS * SLAB_BYTES);
        if (!region) return NULL;
#ifdef MADV_HUGEPAGE
        madvise(region, REGION_SLABS * SLAB_BYTES, MADV_HUGEPAGE);
#endif
        REGION = memset(region, 0, SLAB_BYTES), CUT = 0, SLABS += REGION_SLABS;
        REGION->used = REGION_SLABS; /* what is not cut yet is not spare */
    }
    Slab *s = CUT ? memset(SLAB_AT(REGION, CUT), 0, SLAB_BYTES) : REGION;
    s->region = REGION, CUT++;
    return s;
}

static void give_back(Slab *region) {
    for (int i = 0; i < REGION_SLABS; i++) take_out(&SPARE, SLAB_AT(region, i));
    ARENA.free(ARENA.ctx, region, REGION_SLABS * SLAB_BYTES);
    SPARES -= REGION_SLABS, SLABS -= REGION_SLABS;
}

static void settle(Slab *s) { /* one that is not being filled */
    if (s->live && s->live <= FEW && !s->is_listed) put_in(&LISTED, s), s->is_listed = 1;
    if (s->live) return;
    if (s->is_listed) take_out(&LISTED, s), s->is_listed = 0;
    put_in(&SPARE, s), SPARES++;
    if (--s->region->used == 0 && SPARES > SPARE_SLABS) give_back(s->region);
}

static int open_slab(int kind) {
    Slab *s;
    if (LISTED) s = take_out(&LISTED, LISTED), s->is_listed = 0;
    else if (SPARE) s = take_out(&SPARE, SPARE), SPARES--, s->region->used++;
    else if (!(s = cut())) return -1;
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
            v->place = (uint16_t)(s->next - 1), s->live++;
            return v;
        }
    } while (open_slab(kind) == 0);
    return NULL;
}

static inline void free_slot(Node *v) {
    Slab *s = (Slab *)((char *)(v - v->place) - offsetof(Slab, nodes));
    Py_SET_TYPE(v, NULL);
    s->live--;
    if (!s->is_current) settle(s);
    else if (!s->live) s->next = 0;
}
