/* Where nodes lie: slabs of 16 KB, filled in order of creation, so that a graph lies in memory as it is swept; leaves,
 * which stay, apart from results, which go. A slab with few live nodes is filled up before a new one is begun: a result
 * that somebody keeps does not keep the room of its neighbours. */
#define SLAB_BYTES 16384
#define SPARE_SLABS 8192 /* at most 128 MB are kept for the next graph; the rest goes back to the system */

typedef struct Slab {
    struct Slab *before, *after; /* in the list of those with few live nodes */
    int32_t live, next, is_listed, is_current;
    Node nodes[];
} Slab;

#define SLAB_NODES ((int32_t)((SLAB_BYTES - offsetof(Slab, nodes)) / sizeof(Node)))
#define FEW (SLAB_NODES / 4)

static PyObjectArenaAllocator ARENA; /* Python's way to the system's pages */
static Slab *CURRENT[2], *SPARE, *LISTED;
static Py_ssize_t SLABS, SPARES, LIVE;

static void list(Slab *s, int is_listed) {
    Slab *before = is_listed ? NULL : s->before, *after = is_listed ? LISTED : s->after;
    if (before) before->after = after;
    else LISTED = is_listed ? s : after;
    if (after) after->before = is_listed ? s : before;
    if (is_listed) s->before = NULL, s->after = after;
    s->is_listed = is_listed;
}

static void settle(Slab *s) { /* one that is not being filled */
    if (s->live && s->live <= FEW && !s->is_listed) list(s, 1);
    if (s->live) return;
    if (s->is_listed) list(s, 0);
    if (SPARES < SPARE_SLABS) s->after = SPARE, SPARE = s, SPARES++;
    else ARENA.free(ARENA.ctx, s, SLAB_BYTES), SLABS--;
}

static int open_slab(int kind) {
    Slab *s = LISTED;
    if (s) list(s, 0);
    else if ((s = SPARE)) SPARE = s->after, SPARES--;
    else if ((s = ARENA.alloc(ARENA.ctx, SLAB_BYTES))) memset(s, 0, SLAB_BYTES), SLABS++;
    else return -1;
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
