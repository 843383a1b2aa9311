/* Walking and sweeping, as graph.py has them. */

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

#define NODE_AT(nodes, i) ((Node *)PySequence_Fast_GET_ITEM(nodes, i))
#define COUNT(nodes) PySequence_Fast_GET_SIZE(nodes)

/* For "O&" of PyArg_ParseTuple: any iterable of nodes. Lists and tuples are only borrowed, so no Python code may run. */
static int nodes_of(PyObject *given, void *to) {
    PyObject *nodes = given ? PySequence_Fast(given, "expected nodes") : NULL, **place = to;
    for (Py_ssize_t i = 0; nodes && i < COUNT(nodes); i++)
        if (!PyObject_TypeCheck(NODE_AT(nodes, i), NODE)) {
            PyErr_Format(PyExc_TypeError, "a graph has Values, not %R", NODE_AT(nodes, i));
            Py_CLEAR(nodes);
        }
    Py_XSETREF(*place, nodes); /* to give it back, Python calls this with nothing given */
    return nodes ? Py_CLEANUP_SUPPORTED : 0;
}

/* ordered(outputs, since, in_writing): nodes as walk() and topological() of graph.py order them. */
static PyObject *core_ordered(PyObject *Py_UNUSED(_), PyObject *args) {
    PyObject *outputs = NULL, *nodes = NULL;
    long long since = 0;
    int in_writing = 0;
    List order = {NULL, 0, 0};
    if (!PyArg_ParseTuple(args, "O&Lp", nodes_of, &outputs, &since, &in_writing)) return NULL;
    if (walk_from(outputs, since, in_writing, 0, &order) == 0) nodes = PyList_New((Py_ssize_t)order.count);
    for (size_t i = 0; nodes && i < order.count; i++) PyList_SET_ITEM(nodes, (Py_ssize_t)i, Py_NewRef(order.items[i]));
    Py_DECREF(outputs);
    keep(&ORDER, order);
    return nodes;
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
