/* A node, what it is computed from, and how one is made. */

typedef struct Node Node;

typedef struct { /* an operand vector that many nodes share; a plain number in it is no node until somebody looks */
    PyObject_VAR_HEAD
    uint64_t mark;
    PyObject *list; /* its numbers for Python, once that has asked */
    double *numbers;
    int moves;
    Node *nodes[];
} Family;

struct Node {
    PyObject_HEAD
    double data, grad;
    union {
        struct { double number[2]; Node *parent[2]; } narrow; /* at most two inputs; no parent: a plain number */
        struct { Family *family[2]; Py_ssize_t k; PyObject *own; } wide; /* families, or three inputs as one; own: (op,
                                                push, numbers, operands) of an operation that only Python knows */
    } of;
    PyObject *name, *weak;
    uint64_t mark; /* the walk that has met it; of one that dies, the next that does */
    int64_t age;
    uint8_t row, moving, has_grad, is_in_slab;
};

#include "slab.h"

static PyTypeObject *NODE, *FAMILY, *VALUE, *CONSTANT; /* the last two are Python's, and inherit from the first */
static PyObject *ASKED, *OPS[OWN + 1], *PLACES;        /* asked.py; the table's rows that are known; their places */
static PyObject *SET_CLASS;                            /* the descriptor of object.__class__ */
static int64_t AGE;                                    /* of what is recorded now, by the clock of modes.py */
static int PAUSED, STRICT, WATCHED;                    /* blocks that are open anywhere: then Python decides */
static uint64_t WALK;

#define ASK(name, ...) PyObject_CallMethod(ASKED, name, __VA_ARGS__)
#define IS_PLAIN(o) (Py_TYPE(o) == VALUE || Py_TYPE(o) == CONSTANT)
#define IS_WIDE(v) (ROWS[(v)->row].families > 0)

static inline int moves(Node *v) {
    return Py_TYPE(v) == VALUE || (Py_TYPE(v) != CONSTANT && !PyType_IsSubtype(Py_TYPE(v), CONSTANT));
}

/* ── Operands ──────────────────────────────────────────────────────────────────────────────────────────── */

typedef struct { Node **nodes; double *numbers; Py_ssize_t size; } Vector;

static inline int vectors(Node *v) { return IS_WIDE(v) ? ROWS[v->row].families : 1; }

static inline Vector vector(Node *v, int j) {
    if (!IS_WIDE(v)) return (Vector){v->of.narrow.parent, v->of.narrow.number, ROWS[v->row].inputs};
    Family *f = v->of.wide.family[j];
    return (Vector){f->nodes, f->numbers, Py_SIZE(f)};
}

static inline int is_wanted(Node *v, int j, Py_ssize_t i) { return v->moving >> (ROWS[v->row].variadic ? j : i) & 1; }

static inline Py_ssize_t width(Node *v) { return vectors(v) * vector(v, 0).size; }

/* ── Making nodes ──────────────────────────────────────────────────────────────────────────────────────── */

/* A node that can't be part of a cycle lies in a slab, where the collector does not look: its parents are older and no
 * cycle goes through them. One behind which there may be a dict or a Python function is the collector's. */
static inline Node *fresh(PyTypeObject *type, int row, double data, int in_slab) {
    Node *v = in_slab ? slot(row != LEAF) : PyObject_GC_New(Node, type);
    if (!v) return (Node *)PyErr_NoMemory();
#ifdef Py_DEBUG
    if (in_slab) PyObject_Init((PyObject *)v, type);
#else
    if (in_slab) Py_SET_REFCNT(v, 1), Py_SET_TYPE(v, type), Py_INCREF(type);
#endif
    v->data = data;
    v->of.wide.family[0] = v->of.wide.family[1] = NULL, v->of.narrow.parent[0] = v->of.narrow.parent[1] = NULL;
    v->name = v->weak = NULL;
    v->mark = 0, v->age = AGE;
    v->row = (uint8_t)row, v->moving = v->has_grad = 0, v->is_in_slab = (uint8_t)in_slab;
    LIVE++;
    if (!in_slab) PyObject_GC_Track(v);
    return v;
}

static inline Node *leaf(PyTypeObject *type, double data) { return fresh(type, LEAF, data, 1); }

static PyObject *tuple_of(Vector *x, int count) {
    PyObject *nodes = PyTuple_New(count * x->size);
    for (Py_ssize_t at = 0; nodes && at < count * x->size; at++) {
        Vector *y = &x[at / x->size];
        Node **node = &y->nodes[at % x->size];
        if (!*node && !(*node = leaf(CONSTANT, y->numbers[at % x->size]))) Py_CLEAR(nodes);
        else PyTuple_SET_ITEM(nodes, at, Py_NewRef(*node));
    }
    return nodes;
}

static PyObject *Node_parents(Node *v, void *Py_UNUSED(_)) {
    Vector x[2] = {vector(v, 0), vector(v, vectors(v) - 1)};
    return tuple_of(x, vectors(v));
}
