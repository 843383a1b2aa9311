/* The compiled core: nodes of the graph, the rows of the table on doubles, and the sweeps, as node.py, graph.py and the
 * operators of value.py have them for Python. Results and all derivatives are the same to the bit.
 *
 * What is common runs here: Values, constants and plain numbers, rows that rows.h knows. Everything else (subclasses,
 * arrays, no_grad, operations of one's own) and every sentence is asked of Python (asked.py). */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>
#include "ieee.h"
#include "rows.h"

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
    uint16_t place;
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

/* A result that is inf or nan is reported: a warning, or an error under strict(). */
static PyObject *checked(Node *v) {
    if (!v || v->data - v->data == 0.0) return (PyObject *)v;
    PyObject *done = NULL, *parents = Node_parents(v, NULL);
    if (parents) done = ASK("report", "sOd", ROWS[v->row].name, parents, v->data);
    if (!done) Py_CLEAR(v);
    Py_XDECREF(parents);
    Py_XDECREF(done);
    return (PyObject *)v;
}

/* What an operator meets most: a Value, a constant, a float or an int. */
static inline int take(PyObject *o, Node **node, double *number, int *is_moving) {
    *node = NULL, *is_moving = 0;
    if (IS_PLAIN(o)) *node = (Node *)o, *number = (*node)->data, *is_moving = Py_TYPE(o) == VALUE;
    else if (PyFloat_CheckExact(o)) *number = PyFloat_AS_DOUBLE(o);
    else if (!PyLong_CheckExact(o)) return 0;
    else if ((*number = PyLong_AsDouble(o)) == -1.0 && PyErr_Occurred()) return PyErr_Clear(), 0;
    return 1;
}

/* Inside no_grad() a result is a constant; whether this thread is inside, Python knows. Nothing: let it do the rest. */
static PyObject *unrecorded(double z) {
    PyObject *answer = z - z == 0.0 && !WATCHED ? ASK("is_recording", NULL) : NULL;
    int is_constant = answer == Py_False;
    Py_XDECREF(answer);
    return is_constant ? (PyObject *)leaf(CONSTANT, z) : NULL;
}

static inline PyObject *unary(PyObject *o, int row) {
    int is_known = OPS[row] && Py_TYPE(o) == VALUE;
    PyObject *number = is_known && PAUSED ? unrecorded(forward1(row, ((Node *)o)->data)) : NULL;
    if (number || (PAUSED && PyErr_Occurred())) return number;
    if (!is_known || PAUSED) return ASK("operate", "sO", ROWS[row].name, o);
    Node *a = (Node *)o, *v = fresh(VALUE, row, forward1(row, a->data), a->is_in_slab);
    if (!v) return NULL;
    Py_INCREF(a);
    v->of.narrow.parent[0] = a, v->of.narrow.number[0] = a->data, v->moving = 1;
    return v->data - v->data == 0.0 ? (PyObject *)v : checked(v);
}

static inline PyObject *binary(PyObject *l, PyObject *r, int row) {
    Node *a, *b;
    double x, y;
    int first, second, is_known = OPS[row] && take(l, &a, &x, &first) && take(r, &b, &y, &second);
    PyObject *number = is_known && PAUSED ? unrecorded(forward2(row, x, y)) : NULL;
    if (number || (PAUSED && PyErr_Occurred())) return number;
    if (!is_known || PAUSED) return ASK("operate", "sOO", ROWS[row].name, l, r);
    Node *v = fresh(VALUE, row, forward2(row, x, y), (!a || a->is_in_slab) && (!b || b->is_in_slab));
    if (!v) return NULL;
    Py_XINCREF(a);
    Py_XINCREF(b);
    v->of.narrow.parent[0] = a, v->of.narrow.parent[1] = b, v->of.narrow.number[0] = x, v->of.narrow.number[1] = y;
    v->moving = (uint8_t)(first | second << 1);
    return v->data - v->data == 0.0 ? (PyObject *)v : checked(v);
}

/* A function of one row, for Python: function(x) or function(x, y). */
static PyObject *call_row(PyObject *place, PyObject *const *operands, Py_ssize_t count) {
    int row = (int)PyLong_AsLong(place), inputs = ROWS[row].inputs;
    if (count == 1 && inputs == 1) return unary(operands[0], row);
    if (count == 2 && inputs == 2) return binary(operands[0], operands[1], row);
    return PyErr_Format(PyExc_TypeError, "%s takes %d operands, not %zd", ROWS[row].name, inputs, count);
}

/* ── Families ──────────────────────────────────────────────────────────────────────────────────────────── */

static int take_member(Family *f, Py_ssize_t i, PyObject *o) {
    int is_moving;
    PyObject *made = NULL;
    if (take(o, &f->nodes[i], &f->numbers[i], &is_moving)) Py_XINCREF(f->nodes[i]);
    else if (!(made = ASK("as_node", "(O)", o))) return -1;
    if (made) f->nodes[i] = (Node *)made, f->numbers[i] = f->nodes[i]->data, is_moving = moves(f->nodes[i]);
    f->moves |= is_moving;
    return f->nodes[i] && !f->nodes[i]->is_in_slab; /* the collector has to look */
}

static PyObject *Family_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs)) {
    PyObject *nodes, *numbers = Py_None;
    if (!PyArg_ParseTuple(args, "O!|O", &PyTuple_Type, &nodes, &numbers)) return NULL;
    if (!PyList_Check(numbers)) numbers = NULL;
    Py_ssize_t n = PyTuple_GET_SIZE(nodes);
    Family *f = PyObject_GC_NewVar(Family, type, n);
    if (!f) return NULL;
    f->mark = 0, f->moves = 0, f->list = Py_XNewRef(numbers), f->numbers = (double *)(f->nodes + n);
    memset(f->nodes, 0, (size_t)n * sizeof(Node *));
    int looked = 0;
    for (Py_ssize_t i = 0; i < n && looked >= 0; i++) {
        int one = take_member(f, i, PyTuple_GET_ITEM(nodes, i));
        looked = one < 0 ? -1 : looked | one;
        if (numbers && one >= 0) f->numbers[i] = PyFloat_AsDouble(PyList_GET_ITEM(numbers, i));
    }
    if (looked > 0) PyObject_GC_Track(f);
    if (looked < 0 || PyErr_Occurred()) Py_CLEAR(f);
    return (PyObject *)f;
}

static PyObject *Family_nodes(Family *f, void *Py_UNUSED(_)) {
    return tuple_of(&(Vector){f->nodes, f->numbers, Py_SIZE(f)}, 1);
}

static PyObject *Family_numbers(Family *f, void *Py_UNUSED(_)) {
    if (!f->list && (f->list = PyList_New(Py_SIZE(f))))
        for (Py_ssize_t i = 0; i < Py_SIZE(f); i++) PyList_SET_ITEM(f->list, i, PyFloat_FromDouble(f->numbers[i]));
    return Py_XNewRef(f->list);
}

static PyObject *Family_moves(Family *f, void *Py_UNUSED(_)) { return PyBool_FromLong(f->moves); }

static PyObject *Family_repr(Family *f) { return ASK("family_text", "(N)", Family_nodes(f, NULL)); }

static int Family_traverse(Family *f, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(f));
    for (Py_ssize_t i = 0; i < Py_SIZE(f); i++) Py_VISIT(f->nodes[i]);
    return 0;
}

/* ── Freeing, without recursion ────────────────────────────────────────────────────────────────────────── */

static inline void release(Node *v, Node **dying) { /* a plain node that dies with its last reference waits in a list */
    if (!v) return;
    if (Py_REFCNT(v) > 1 || !IS_PLAIN(v)) {
        Py_DECREF(v);
        return;
    }
    if (!v->is_in_slab) PyObject_GC_UnTrack(v);
    Py_SET_REFCNT(v, 0); /* so that a weak reference to it is dead already */
    v->mark = (uintptr_t)*dying, *dying = v;
}

static void release_family(Family *f, Node **dying) {
    if (!f) return;
    if (Py_REFCNT(f) > 1) {
        Py_DECREF(f);
        return;
    }
    PyTypeObject *type = Py_TYPE(f);
    PyObject_GC_UnTrack(f);
    for (Py_ssize_t i = 0; i < Py_SIZE(f); i++) release(f->nodes[i], dying);
    Py_CLEAR(f->list);
    PyObject_GC_Del(f);
    Py_DECREF(type);
}

static inline void forget(Node *v, Node **dying) { /* what it was computed from; it is a leaf then */
    if (!IS_WIDE(v)) release(v->of.narrow.parent[0], dying), release(v->of.narrow.parent[1], dying);
    for (int k = 0; k < 2 && IS_WIDE(v); k++) release_family(v->of.wide.family[k], dying);
    if (IS_WIDE(v)) Py_XDECREF(v->of.wide.own);
    v->of.narrow.parent[0] = v->of.narrow.parent[1] = NULL, v->row = LEAF;
}

static void bury(Node *dying) {
    while (dying) {
        Node *v = dying;
        dying = (Node *)(uintptr_t)v->mark;
        if (v->weak) PyObject_ClearWeakRefs((PyObject *)v);
        Py_CLEAR(v->name);
        forget(v, &dying);
        PyTypeObject *type = Py_TYPE(v);
        LIVE--;
        if (v->is_in_slab) free_slot(v);
        else type->tp_free(v);
        Py_DECREF(type);
    }
}

static void Node_dealloc(Node *v) {
    if (!v->is_in_slab) PyObject_GC_UnTrack(v);
    else if (Py_TYPE(v)->tp_finalize) { /* its class was set to one with __del__, which may keep it */
        Py_SET_REFCNT(v, 1);
        Py_TYPE(v)->tp_finalize((PyObject *)v);
        Py_SET_REFCNT(v, Py_REFCNT(v) - 1);
        if (Py_REFCNT(v)) return;
    }
    v->mark = 0;
    bury(v);
}

static void Family_dealloc(Family *f) {
    Node *dying = NULL;
    Py_SET_REFCNT(f, 1);
    release_family(f, &dying);
    bury(dying);
}

static int Node_traverse(Node *v, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(v));
    if (IS_WIDE(v)) Py_VISIT(v->of.wide.own);
    for (int k = 0; k < 2; k++)
        if (IS_WIDE(v)) Py_VISIT(v->of.wide.family[k]);
        else Py_VISIT(v->of.narrow.parent[k]);
    return 0;
}

static int Node_is_gc(PyObject *o) { return !((Node *)o)->is_in_slab; }

/* ── The local derivative ──────────────────────────────────────────────────────────────────────────────── */

/* Of a row, whose inputs begin at x and, of a second family, at y; c has room for one family more. */
static inline void row_backward(int row, double g, Py_ssize_t n, Py_ssize_t k, const double *x, const double *y, double z,
                                int wanted, double *c) {
    int inputs = ROWS[row].inputs;
    if (ROWS[row].variadic) backward_wide(row, g, n, k, x, y, z, wanted, c, c + n, c + inputs * n);
    else if (inputs == 1) backward1(row, g, x[0], z, wanted, c);
    else if (inputs == 2) backward2(row, g, x[0], x[1], z, wanted, c);
    else if (inputs == 3) backward3(row, g, x[0], x[1], x[2], z, wanted, c);
}

static inline double row_forward(int row, Py_ssize_t n, Py_ssize_t k, const double *x, const double *y) {
    int inputs = ROWS[row].inputs;
    if (ROWS[row].variadic) return forward_wide(row, n, k, x, y);
    return inputs == 1 ? forward1(row, x[0]) : inputs == 2 ? forward2(row, x[0], x[1]) : forward3(row, x[0], x[1], x[2]);
}

static inline void contributions(Node *v, double g, double *c) {
    Vector x = vector(v, 0);
    int is_wide = ROWS[v->row].variadic;
    row_backward(v->row, g, x.size, is_wide ? v->of.wide.k : 0, x.numbers, vector(v, vectors(v) - 1).numbers, v->data,
                 v->moving, c);
}

static double *contributed(Node *v, double g) { /* the same in new memory */
    double *c = PyMem_Calloc((size_t)(width(v) + vector(v, 0).size + 1), sizeof *c);
    if (c) contributions(v, g, c);
    return c ? c : (double *)PyErr_NoMemory();
}

static PyObject *Node_vjp(PyObject *o, PyObject *upstream) {
    Node *v = (Node *)o;
    double g = PyFloat_AsDouble(upstream);
    if (g == -1.0 && PyErr_Occurred()) return NULL;
    if (v->row == OWN) return ASK("own_vjp", "Od", v->of.wide.own, g);
    double *c = contributed(v, g);
    PyObject *result = c ? PyTuple_New(width(v)) : NULL;
    for (Py_ssize_t k = 0; result && k < width(v); k++) PyTuple_SET_ITEM(result, k, PyFloat_FromDouble(c[k] + 0.0));
    PyMem_Free(c);
    return result;
}

/* ── Walking and sweeping ──────────────────────────────────────────────────────────────────────────────── */

typedef struct { Node **items; size_t count, size; } List; /* of borrowed nodes, which the outputs keep alive */

static List STACK, ORDER; /* kept from one walk to the next, while they are not large */

static int grow(List *list) {
    size_t size = list->size ? 2 * list->size : 4096;
    Node **items = PyMem_RawRealloc(list->items, size * sizeof *items);
    if (!items) return PyErr_NoMemory(), -1;
    list->items = items, list->size = size;
    return 0;
}

static inline int push(List *list, Node *v) {
    if (list->count == list->size && grow(list) < 0) return -1;
    list->items[list->count++] = v;
    return 0;
}

static void keep(List *kept, List list) {
    if (kept->items || list.size > 1 << 20) PyMem_RawFree(list.items);
    else *kept = (List){list.items, 0, list.size};
}

/* The last is met first. A topological order in writing also has the constants, and meets the first operand first. */
static inline int push_operands(List *stack, Node *v, int in_writing) {
    if (!IS_WIDE(v) && !in_writing) { /* the common one, written out */
        Node *a = v->of.narrow.parent[0], *b = v->of.narrow.parent[1];
        return (a && a->mark != WALK && push(stack, a)) || (b && b->mark != WALK && push(stack, b)) ? -1 : 0;
    }
    for (int k = 0; k < vectors(v); k++) {
        int j = in_writing ? vectors(v) - 1 - k : k;
        Vector x = vector(v, j);
        Family *f = IS_WIDE(v) ? v->of.wide.family[j] : NULL;
        if (f && (f->mark == WALK || !(f->moves || in_writing))) continue; /* walked already, or nothing moves in it */
        if (f) f->mark = WALK;
        for (Py_ssize_t l = 0; l < x.size; l++) {
            Node **node = &x.nodes[in_writing ? x.size - 1 - l : l];
            if (in_writing && !*node && !(*node = leaf(CONSTANT, x.numbers[node - x.nodes]))) return -1;
            if (*node && (*node)->mark != WALK && push(stack, *node) < 0) return -1;
        }
    }
    return 0;
}

#define DONE ((uintptr_t)1) /* set in the pointer to a node whose operands have been met */

/* What walk() or topological() of graph.py does, in the same order: each node behind its operands. No Python code runs.
 * The list is the caller's, who gives it to keep(&ORDER, …) in the end. Adjoints are set to 0 where a sweep is to follow. */
static inline int walk_from(PyObject *outputs, int64_t since, int in_writing, int to_sweep, List *order) {
    List stack = STACK;
    int failed = 0;
    *order = ORDER;
    STACK = ORDER = (List){NULL, 0, 0};
    WALK++;
    for (Py_ssize_t i = 0, n = PySequence_Fast_GET_SIZE(outputs); !failed && i < n; i++)
        failed = push(&stack, (Node *)PySequence_Fast_GET_ITEM(outputs, in_writing ? n - 1 - i : i));
    while (!failed && stack.count) {
        Node *v = stack.items[--stack.count];
        if ((uintptr_t)v & DONE) failed = push(order, (Node *)((uintptr_t)v - DONE));
        else if (v->mark != WALK) {
            v->mark = WALK;
            if (to_sweep) v->grad = 0.0, v->has_grad |= (uint8_t)moves(v);
            if (v->row == LEAF || (since && v->age < since)) failed = push(order, v);
            else failed = push(&stack, (Node *)((uintptr_t)v + DONE)) || push_operands(&stack, v, in_writing);
        }
    }
    keep(&STACK, stack);
    return failed;
}

static int are_nodes(PyObject *nodes) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(nodes); i++)
        if (!PyObject_TypeCheck(PyTuple_GET_ITEM(nodes, i), NODE))
            return PyErr_Format(PyExc_TypeError, "a graph has Values, not %R", PyTuple_GET_ITEM(nodes, i)), 0;
    return 1;
}

static PyObject *walked(PyObject *outputs, int64_t since, int in_writing) {
    List order = {NULL, 0, 0};
    PyObject *given = PySequence_Tuple(outputs), *nodes = NULL;
    if (given && are_nodes(given) && walk_from(given, since, in_writing, 0, &order) == 0) nodes = PyList_New((Py_ssize_t)order.count);
    for (size_t i = 0; nodes && i < order.count; i++) PyList_SET_ITEM(nodes, (Py_ssize_t)i, Py_NewRef(order.items[i]));
    Py_XDECREF(given);
    keep(&ORDER, order);
    return nodes;
}

static PyObject *core_ordered(PyObject *Py_UNUSED(_), PyObject *args) {
    PyObject *outputs;
    long long since = 0;
    int in_writing = 0;
    return PyArg_ParseTuple(args, "OLp", &outputs, &since, &in_writing) ? walked(outputs, since, in_writing) : NULL;
}

/* A step of the sweep with adjoints in a dict, for operations of Python may be among the nodes. */
static int sweep_node(Node *v, PyObject *sums) {
    PyObject *arriving = v->row == LEAF ? NULL : PyObject_GetItem(sums, (PyObject *)v), *shares = NULL;
    if (arriving) shares = Node_vjp((PyObject *)v, arriving);
    int failed = v->row != LEAF && !shares;
    for (int j = 0, k = 0; shares && j < vectors(v); j++) {
        Vector x = vector(v, j);
        for (Py_ssize_t i = 0; i < x.size && !failed; i++, k++) {
            PyObject *to = (PyObject *)x.nodes[i], *sum = NULL;
            if (!to || !(v->row == OWN ? PyDict_Contains(sums, to) > 0 : is_wanted(v, j, i))) continue;
            if ((sum = PyObject_GetItem(sums, to)))
                Py_SETREF(sum, PyFloat_FromDouble(PyFloat_AsDouble(sum) + PyFloat_AS_DOUBLE(PyTuple_GET_ITEM(shares, k))));
            failed = !sum || PyDict_SetItem(sums, to, sum) < 0;
            Py_XDECREF(sum);
        }
    }
    Py_XDECREF(arriving);
    Py_XDECREF(shares);
    return failed;
}

static PyObject *core_sweep(PyObject *Py_UNUSED(_), PyObject *args) {
    PyObject *order, *sums;
    if (!PyArg_ParseTuple(args, "OO!", &order, &PyDict_Type, &sums)) return NULL;
    PyObject *nodes = PySequence_Tuple(order);
    int failed = !nodes || !are_nodes(nodes);
    for (Py_ssize_t i = 0; !failed && i < PyTuple_GET_SIZE(nodes); i++)
        failed = sweep_node((Node *)PyTuple_GET_ITEM(nodes, i), sums);
    Py_XDECREF(nodes);
    return failed ? NULL : Py_NewRef(Py_None);
}

static inline int pass_on(Node *v) { /* a step of the sweep with adjoints in the nodes themselves */
    double few[3] = {0.0, 0.0, 0.0};
    if (!IS_WIDE(v)) {
        row_backward(v->row, v->grad, 1, 0, v->of.narrow.number, NULL, v->data, v->moving, few);
        for (int i = 0; i < 2; i++)
            if (v->moving >> i & 1) v->of.narrow.parent[i]->grad += few[i];
        return 0;
    }
    double *c = contributed(v, v->grad);
    for (int j = 0, k = 0; c && j < vectors(v); j++) {
        Vector x = vector(v, j);
        for (Py_ssize_t i = 0; i < x.size; i++, k++)
            if (x.nodes[i] && is_wanted(v, j, i)) x.nodes[i]->grad += c[k];
    }
    PyMem_Free(c);
    return c ? 0 : -1;
}

/* differentiate(outputs, seeds): the whole sweep, written to the nodes. False where Python has to do it: behind a node
 * that is in no slab there may be operations of Python, strict() looks at every step, and constants are refused. */
static PyObject *core_differentiate(PyObject *Py_UNUSED(_), PyObject *args) {
    PyObject *outputs, *seeds;
    if (!PyArg_ParseTuple(args, "OO", &outputs, &seeds)) return NULL;
    int can = !STRICT && !WATCHED && (PyList_Check(outputs) || PyTuple_Check(outputs));
    for (Py_ssize_t i = 0; can && i < PySequence_Fast_GET_SIZE(outputs); i++) {
        Node *v = (Node *)PySequence_Fast_GET_ITEM(outputs, i);
        can = Py_TYPE(v) == VALUE && v->is_in_slab;
    }
    if (!can) Py_RETURN_FALSE;
    List order;
    int failed = walk_from(outputs, 0, 0, 1, &order);
    for (Py_ssize_t i = 0; !failed && i < PySequence_Fast_GET_SIZE(outputs); i++)
        ((Node *)PySequence_Fast_GET_ITEM(outputs, i))->grad += PyFloat_AsDouble(PySequence_Fast_GET_ITEM(seeds, i));
    for (size_t i = order.count; !failed && i-- > 0;) failed = pass_on(order.items[i]);
    keep(&ORDER, order);
    return failed ? NULL : Py_NewRef(Py_True);
}

static int is_behind(Node *v) { /* whether an operand is marked */
    for (int j = 0; j < vectors(v); j++) {
        Vector x = vector(v, j);
        for (Py_ssize_t i = 0; i < x.size; i++)
            if (x.nodes[i] && x.nodes[i]->mark == WALK) return 1;
    }
    return 0;
}

/* dependents(order, inputs): those of the nodes that are an input or depend on one. */
static PyObject *core_dependents(PyObject *Py_UNUSED(_), PyObject *args) {
    PyObject *order, *inputs, *nodes = NULL, *given = NULL, *chosen = PyList_New(0);
    if (!chosen || !PyArg_ParseTuple(args, "OO", &order, &inputs)) return NULL;
    if (!(nodes = PySequence_Tuple(order)) || !(given = PySequence_Tuple(inputs)) || !are_nodes(nodes) || !are_nodes(given))
        Py_CLEAR(chosen);
    WALK++; /* no Python code runs from here on */
    for (Py_ssize_t i = 0; chosen && i < PyTuple_GET_SIZE(given); i++) ((Node *)PyTuple_GET_ITEM(given, i))->mark = WALK;
    for (Py_ssize_t i = 0; chosen && i < PyTuple_GET_SIZE(nodes); i++) {
        Node *v = (Node *)PyTuple_GET_ITEM(nodes, i);
        if (v->mark != WALK && is_behind(v)) v->mark = WALK;
        if (v->mark == WALK && PyList_Append(chosen, (PyObject *)v) < 0) Py_CLEAR(chosen);
    }
    Py_XDECREF(nodes);
    Py_XDECREF(given);
    return chosen;
}

/* ── What Python sees ──────────────────────────────────────────────────────────────────────────────────── */

static int number_of(PyObject *o, const char *asked, double *number) {
    PyObject *given = PyFloat_CheckExact(o) ? Py_NewRef(o) : ASK(asked, "(O)", o);
    if (given) *number = PyFloat_AsDouble(given);
    Py_XDECREF(given);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *Node_families(Node *v, void *Py_UNUSED(_)) {
    Family **f = v->of.wide.family;
    if (v->row == OWN) return ASK("own_families", "(O)", v->of.wide.own);
    if (!ROWS[v->row].variadic) return PyTuple_New(0);
    return vectors(v) > 1 ? PyTuple_Pack(2, f[0], f[1]) : PyTuple_Pack(1, f[0]);
}

static PyObject *Node_numbers(Node *v, void *Py_UNUSED(_)) {
    if (v->row == OWN) return Py_NewRef(PyTuple_GET_ITEM(v->of.wide.own, 2));
    if (!ROWS[v->row].binds) return PyTuple_New(0);
    int inputs = ROWS[v->row].inputs;
    PyObject *numbers = PyTuple_New(inputs + 1);
    for (int j = 0; numbers && j < inputs; j++)
        PyTuple_SET_ITEM(numbers, j, ROWS[v->row].variadic ? Family_numbers(v->of.wide.family[j], NULL)
                                                           : PyFloat_FromDouble(vector(v, 0).numbers[j]));
    if (numbers) PyTuple_SET_ITEM(numbers, inputs, PyFloat_FromDouble(v->data));
    return numbers;
}

static PyObject *Node_op(Node *v, void *Py_UNUSED(_)) {
    if (v->row == LEAF) Py_RETURN_NONE;
    if (v->row == OWN) return Py_NewRef(PyTuple_GET_ITEM(v->of.wide.own, 0));
    return ROWS[v->row].outputs ? PyObject_CallMethod(OPS[v->row], "output", "n", v->of.wide.k) : Py_NewRef(OPS[v->row]);
}

static PyObject *Node_age(Node *v, void *Py_UNUSED(_)) {
    return v->row == LEAF ? PyErr_Format(PyExc_AttributeError, "a leaf has no age") : PyLong_FromLongLong(v->age);
}

static PyObject *Node_data(Node *v, void *Py_UNUSED(_)) {
    if (WATCHED) { /* a tape is recorded, in some thread */
        PyObject *allowed = ASK("read", "(O)", v);
        if (!allowed) return NULL;
        Py_DECREF(allowed);
    }
    return PyFloat_FromDouble(v->data);
}

static int Node_set_data(Node *v, PyObject *number, void *Py_UNUSED(_)) {
    if (v->row == LEAF && number) return number_of(number, "as_data", &v->data);
    Py_XDECREF(ASK("refuse_data", "(O)", v));
    return -1;
}

static PyObject *Node_grad(Node *v, void *Py_UNUSED(_)) {
    return v->has_grad ? PyFloat_FromDouble(v->grad) : Py_NewRef(Py_None);
}

static int Node_set_grad(Node *v, PyObject *number, void *Py_UNUSED(_)) {
    int is_none = !number || number == Py_None;
    if (!is_none && number_of(number, "as_grad", &v->grad) < 0) return -1;
    v->has_grad = !is_none;
    return 0;
}

static PyObject *Node_name(Node *v, void *Py_UNUSED(_)) { return Py_NewRef(v->name ? v->name : Py_None); }

static int Node_set_name(Node *v, PyObject *name, void *Py_UNUSED(_)) {
    PyObject *given = !name || name == Py_None ? NULL : ASK("name_of", "(O)", name);
    if (!given && PyErr_Occurred()) return -1;
    Py_XSETREF(v->name, given ? PyUnicode_FromObject(given) : NULL); /* a str itself, which refers to nothing */
    Py_XDECREF(given);
    return 0;
}

static PyObject *Node_class(Node *v, void *Py_UNUSED(_)) { return Py_NewRef((PyObject *)Py_TYPE(v)); }

/* A class that can be set is one of the same layout; a node in a slab is freed in our way whatever its class. */
static int Node_set_class(Node *v, PyObject *type, void *Py_UNUSED(_)) {
    if (Py_TYPE(SET_CLASS)->tp_descr_set(SET_CLASS, (PyObject *)v, type) < 0) return -1;
    Py_TYPE(v)->tp_dealloc = (destructor)Node_dealloc;
    return 0;
}

static PyObject *Node_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs)) {
    if (type == VALUE || type == CONSTANT) return (PyObject *)leaf(type, 0.0);
    Node *v = (Node *)type->tp_alloc(type, 0); /* zeros: a leaf in no slab */
    if (v) LIVE++;
    return (PyObject *)v;
}

static int Node_init(Node *v, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"data", "name", "label", "requires_grad", NULL};
    PyObject *data = NULL, *name = NULL, *label = NULL, *requires_grad = Py_None;
    Node *dying = NULL;
    if (!kwargs && PyTuple_GET_SIZE(args) == 1) data = PyTuple_GET_ITEM(args, 0);
    else if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OOO:Value", names, &data, &name, &label, &requires_grad))
        return -1;
    if (label && label != Py_None) name = label;
    int wanted = requires_grad == Py_None ? 1 : PyObject_IsTrue(requires_grad);
    if (wanted < 0) return -1;
    if (!wanted) {
        PyObject *answer = ASK("refuse_constant", "(O)", data);
        Py_XDECREF(answer);
        return -1;
    }
    if (number_of(data, "as_leaf", &v->data) < 0 || (name && Node_set_name(v, name, NULL) < 0)) return -1;
    forget(v, &dying);
    bury(dying);
    v->has_grad = 0;
    return 0;
}

/* ── Results made from their parts ─────────────────────────────────────────────────────────────────────── */

static int place_of(PyObject *op, Py_ssize_t *k) { /* of a row that the core knows, and which output it is; or OWN */
    PyObject *whole = PyObject_GetAttrString(op, "whole"), *output = PyObject_GetAttrString(op, "k");
    PyObject *place = whole ? PyDict_GetItemWithError(PLACES, whole) : NULL;
    *k = output && output != Py_None ? PyLong_AsSsize_t(output) : 0;
    Py_XDECREF(whole);
    Py_XDECREF(output);
    return place ? (int)PyLong_AsLong(place) : OWN;
}

static int fill(Node *v, int row, PyObject *operands, Py_ssize_t k) { /* with nodes, or families */
    int inputs = ROWS[row].inputs;
    for (int i = 0; i < inputs; i++) {
        PyObject *o = PyTuple_GET_ITEM(operands, i);
        v->moving |= (uint8_t)((Py_IS_TYPE(o, FAMILY) ? ((Family *)o)->moves : moves((Node *)o)) << i);
        if (ROWS[row].variadic) v->of.wide.family[i] = (Family *)Py_NewRef(o);
        else if (inputs < 3) v->of.narrow.parent[i] = (Node *)Py_NewRef(o), v->of.narrow.number[i] = ((Node *)o)->data;
    }
    if (inputs == 3 && !(v->of.wide.family[0] = (Family *)PyObject_CallOneArg((PyObject *)FAMILY, operands))) return -1;
    if (ROWS[row].families) v->of.wide.k = k, v->of.wide.own = NULL;
    v->row = (uint8_t)row;
    return 0;
}

static double forward(Node *v) {
    Vector x = vector(v, 0);
    return row_forward(v->row, x.size, ROWS[v->row].variadic ? v->of.wide.k : 0, x.numbers, vector(v, vectors(v) - 1).numbers);
}

/* make(cls, op, operands, numbers, z, own=None): a node of a row and its operands, nodes or families. Where numbers are
 * None they are those of now, and z may be None too: it is computed, and reported. The result is None where Python has to
 * make it: inside no_grad(), or of a row that the core does not know, unless its own parts are given. */
static PyObject *core_make(PyObject *Py_UNUSED(_), PyObject *args) {
    PyObject *type, *op, *operands, *numbers, *z, *own = NULL;
    Py_ssize_t k = 0;
    if (!PyArg_ParseTuple(args, "OOO!OO|O", &type, &op, &PyTuple_Type, &operands, &numbers, &z, &own)) return NULL;
    int row = own || (PAUSED && numbers == Py_None) ? OWN : place_of(op, &k), in_slab = row != OWN;
    if (PyErr_Occurred()) return NULL;
    if (row == OWN && !own) Py_RETURN_NONE;
    if (PyTuple_GET_SIZE(operands) != ROWS[row].inputs)
        return PyErr_Format(PyExc_TypeError, "%s has %d inputs, not %zd", ROWS[row].name, ROWS[row].inputs, PyTuple_GET_SIZE(operands));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(operands); i++) {
        PyObject *o = PyTuple_GET_ITEM(operands, i);
        if (!PyObject_TypeCheck(o, ROWS[row].variadic ? FAMILY : NODE))
            return PyErr_Format(PyExc_TypeError, "%R is no operand of %s", o, ROWS[row].name);
        in_slab = in_slab && (Py_IS_TYPE(o, FAMILY) ? !PyObject_GC_IsTracked(o) : ((Node *)o)->is_in_slab);
    }
    int is_ours = type == (PyObject *)VALUE || type == (PyObject *)CONSTANT;
    Node *v = is_ours ? fresh((PyTypeObject *)type, LEAF, 0.0, in_slab) : (Node *)Node_new((PyTypeObject *)type, NULL, NULL);
    if (v && fill(v, row, operands, k) < 0) Py_CLEAR(v);
    if (!v) return NULL;
    if (own) v->of.wide.own = Py_NewRef(own);
    v->age = AGE;
    for (Py_ssize_t i = 0; numbers != Py_None && !ROWS[row].variadic && i + 1 < PyTuple_GET_SIZE(numbers); i++)
        vector(v, 0).numbers[i] = PyFloat_AsDouble(PyTuple_GET_ITEM(numbers, i));
    v->data = z == Py_None ? forward(v) : PyFloat_AsDouble(z);
    if (PyErr_Occurred()) Py_CLEAR(v);
    return numbers == Py_None ? checked(v) : (PyObject *)v;
}

#include "arrays.h"

/* ── The module ────────────────────────────────────────────────────────────────────────────────────────── */

static PyMethodDef CALL_ROW = {"operation", (PyCFunction)(void *)call_row, METH_FASTCALL, "A row of the table, recorded."};

/* setup(asked.py, Value, Constant, {name: (row, text)}): the rows that the core knows, as functions on Values. */
static PyObject *core_setup(PyObject *Py_UNUSED(_), PyObject *args) {
    PyObject *asked, *value, *constant, *rows, *known = PyDict_New();
    if (!PyArg_ParseTuple(args, "OO!O!O!", &asked, &PyType_Type, &value, &PyType_Type, &constant, &PyDict_Type, &rows) || !known)
        return NULL;
    ASKED = Py_NewRef(asked), PLACES = PyDict_New();
    VALUE = (PyTypeObject *)Py_NewRef(value), CONSTANT = (PyTypeObject *)Py_NewRef(constant);
    VALUE->tp_dealloc = CONSTANT->tp_dealloc = (destructor)Node_dealloc;
    for (int row = LEAF + 1; row < OWN; row++) {
        PyObject *pair = PyDict_GetItemString(rows, ROWS[row].name), *place = PyLong_FromLong(row);
        OPS[row] = NULL;
        if (!pair || PyUnicode_CompareWithASCIIString(PyTuple_GetItem(pair, 1), ROWS[row].text)) continue;
        OPS[row] = Py_NewRef(PyTuple_GetItem(pair, 0));
        PyDict_SetItem(PLACES, OPS[row], place);
        PyDict_SetItemString(known, ROWS[row].name, PyCFunction_New(&CALL_ROW, place));
    }
    return PyErr_Occurred() ? NULL : known;
}

/* clock(age, pauses, stricts, watched): what modes.py says of the present. */
static PyObject *core_clock(PyObject *Py_UNUSED(_), PyObject *args) {
    if (!PyArg_ParseTuple(args, "Liip", &AGE, &PAUSED, &STRICT, &WATCHED)) return NULL;
    Py_RETURN_NONE;
}

static PyObject *core_memory(PyObject *Py_UNUSED(_), PyObject *Py_UNUSED(args)) {
    return Py_BuildValue("{snsnsnsn}", "nodes", LIVE, "node_bytes", (Py_ssize_t)sizeof(Node), "slab_bytes",
                         SLABS * SLAB_BYTES, "spare_bytes", SPARES * SLAB_BYTES);
}

#include "methods.h"

static PyMethodDef NODE_METHODS[] = {
    ROW_METHODS {"vjp", Node_vjp, METH_O, "vjp($self, upstream, /)\n--\n\nThe local derivative: a contribution per parent."},
    {NULL, NULL, 0, NULL}};
#define ATTRIBUTE(name, setter, doc) {#name, (getter)Node_##name, setter, doc, NULL}
static PyGetSetDef NODE_ATTRIBUTES[] = {
    ATTRIBUTE(data, (setter)Node_set_data, "The number."),
    ATTRIBUTE(grad, (setter)Node_set_grad, "The derivative of the output that backward() was last called on, or None."),
    ATTRIBUTE(name, (setter)Node_set_name, "What the value is called in pictures and messages."),
    ATTRIBUTE(op, NULL, "The row of the table that computed it; None for a leaf."),
    ATTRIBUTE(parents, NULL, "The operands, in the order written (x * x has two)."),
    ATTRIBUTE(families, NULL, "The operand vectors of a row with *x; nothing for other rows."),
    ATTRIBUTE(numbers, NULL, "What the forward pass bound: the number of each input, and the result."),
    ATTRIBUTE(age, NULL, "When it was recorded, by the clock of modes.py."),
    {"__class__", (getter)Node_class, (setter)Node_set_class, NULL, NULL}, {NULL, NULL, NULL, NULL, NULL}};
static PyMemberDef NODE_MEMBERS[] = {{"__weaklistoffset__", T_PYSSIZET, offsetof(Node, weak), READONLY, NULL}, {NULL, 0, 0, 0, NULL}};
static PyType_Slot NODE_SLOTS[] = {
    ROW_SLOTS {Py_tp_new, (void *)Node_new}, {Py_tp_init, (void *)Node_init}, {Py_tp_dealloc, (void *)Node_dealloc},
    {Py_tp_traverse, (void *)Node_traverse}, {Py_tp_is_gc, (void *)Node_is_gc}, {Py_tp_methods, NODE_METHODS},
    {Py_tp_getset, NODE_ATTRIBUTES}, {Py_tp_members, NODE_MEMBERS},
    {Py_tp_doc, (void *)"Node(data, name=None)\n--\n\nA node of a graph, in C."}, {0, NULL}};
static PyType_Spec NODE_SPEC = {"tinygrad_kr.engine._core.Node", sizeof(Node), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, NODE_SLOTS};

static PyGetSetDef FAMILY_ATTRIBUTES[] = {{"nodes", (getter)Family_nodes, NULL, "The operands in order.", NULL},
    {"numbers", (getter)Family_numbers, NULL, "The number of each at that moment.", NULL},
    {"moves", (getter)Family_moves, NULL, "Whether any gets a gradient.", NULL}, {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot FAMILY_SLOTS[] = {
    {Py_tp_new, (void *)Family_new}, {Py_tp_dealloc, (void *)Family_dealloc}, {Py_tp_traverse, (void *)Family_traverse},
    {Py_tp_repr, (void *)Family_repr}, {Py_tp_getset, FAMILY_ATTRIBUTES},
    {Py_tp_doc, (void *)"Family(nodes, numbers=None)\n--\n\nAn operand vector that many nodes share."}, {0, NULL}};
static PyType_Spec FAMILY_SPEC = {"tinygrad_kr.engine._core.Family", offsetof(Family, nodes), sizeof(Node *) + sizeof(double),
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, FAMILY_SLOTS};

static PyMethodDef FUNCTIONS[] = {
    {"setup", core_setup, METH_VARARGS, "The rows that the core knows, as functions; see asked.py."},
    {"clock", core_clock, METH_VARARGS, "What modes.py says of the present."},
    {"make", core_make, METH_VARARGS, "A node of a row and its operands; see node.py."},
    {"ordered", core_ordered, METH_VARARGS, "Nodes as walk() and topological() of graph.py order them."},
    {"sweep", core_sweep, METH_VARARGS, "As sweep() of graph.py."},
    {"differentiate", core_differentiate, METH_VARARGS, "The whole sweep of backward(), where it can be done here."},
    {"dependents", core_dependents, METH_VARARGS, "As dependents() of graph.py."},
    {"replay", core_replay, METH_VARARGS, "A row over arrays, forwards or backwards; see arrays.h."},
    {"memory", core_memory, METH_NOARGS, "How many nodes live, and the bytes of their slabs."}, {NULL, NULL, 0, NULL}};

static int execute(PyObject *module) {
    PyObject *math = PyImport_ImportModule("math");
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) /* there is one clock, and one set of slabs */
        return PyErr_Format(PyExc_ImportError, "the compiled core serves the main interpreter only"), -1;
    PyObject *attributes = PyObject_GetAttrString((PyObject *)&PyBaseObject_Type, "__dict__");
    if (math && attributes && !NODE) {
        SET_CLASS = PyMapping_GetItemString(attributes, "__class__");
        PyObject_GetArenaAllocator(&ARENA);
        HYPOT = PyObject_GetAttrString(math, "hypot");
        NODE = (PyTypeObject *)PyType_FromSpec(&NODE_SPEC), FAMILY = (PyTypeObject *)PyType_FromSpec(&FAMILY_SPEC);
    }
    Py_XDECREF(math);
    Py_XDECREF(attributes);
    if (!SET_CLASS || !HYPOT || !NODE || !FAMILY || PyModule_AddObjectRef(module, "Node", (PyObject *)NODE) < 0) return -1;
    return PyModule_AddObjectRef(module, "Family", (PyObject *)FAMILY);
}

static PyModuleDef_Slot SLOTS[] = {{Py_mod_exec, (void *)execute}, {0, NULL}};
static PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "_core", "The compiled core.", 0, FUNCTIONS, SLOTS, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModuleDef_Init(&MODULE); }
