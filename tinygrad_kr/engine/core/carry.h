/* Derivatives of nodes by others, backwards or forwards, which no node shows afterwards: what grad() and jvp() ask. */

static int is_behind(Node *v) { /* whether an operand is marked */
    for (int j = 0; j < vectors(v); j++) {
        Vector x = vector(v, j);
        for (Py_ssize_t i = 0; i < x.size; i++)
            if (x.nodes[i] && x.nodes[i]->mark == WALK) return 1;
    }
    return 0;
}

static void mark_dependents(PyObject *order, PyObject *inputs) { /* the inputs, and the nodes that depend on one */
    WALK++;
    for (Py_ssize_t i = 0; i < COUNT(inputs); i++) NODE_AT(inputs, i)->mark = WALK;
    for (Py_ssize_t i = 0; i < COUNT(order); i++)
        if (NODE_AT(order, i)->mark != WALK && is_behind(NODE_AT(order, i))) NODE_AT(order, i)->mark = WALK;
}

/* dependents(order, inputs): those of the nodes that are an input or depend on one. */
static PyObject *core_dependents(PyObject *Py_UNUSED(_), PyObject *args) {
    PyObject *order = NULL, *inputs = NULL;
    if (!PyArg_ParseTuple(args, "O&O&", nodes_of, &order, nodes_of, &inputs)) return NULL;
    PyObject *chosen = PyList_New(0);
    mark_dependents(order, inputs);
    for (Py_ssize_t i = 0; chosen && i < COUNT(order); i++) {
        Node *v = NODE_AT(order, i);
        if (v->mark == WALK && PyList_Append(chosen, (PyObject *)v) < 0) Py_CLEAR(chosen);
    }
    Py_DECREF(order);
    Py_DECREF(inputs);
    return chosen;
}

/* A step forwards: the tangent, from those of the operands that are marked; where none is, it stays. */
static int take_in(Node *v) {
    double *c = contributed(v, 1.0), sum = 0.0;
    for (int j = 0, k = 0; c && j < vectors(v); j++) {
        Vector x = vector(v, j);
        for (Py_ssize_t i = 0; i < x.size; i++, k++)
            if (x.nodes[i] && x.nodes[i]->mark == WALK) sum += x.nodes[i]->grad * (c[k] + 0.0);
    }
    if (c && is_behind(v)) v->grad = sum;
    PyMem_Free(c);
    return c ? 0 : -1;
}

static double *borrow_grads(PyObject *nodes) { /* their places; the gradients wait in what is returned */
    double *kept = PyMem_Malloc((size_t)(COUNT(nodes) + 1) * sizeof *kept);
    for (Py_ssize_t i = 0; kept && i < COUNT(nodes); i++) {
        Node *v = NODE_AT(nodes, i);
        kept[i] = v->grad, v->grad = 0.0;
    }
    return kept ? kept : (double *)PyErr_NoMemory();
}

static void give_grads_back(PyObject *nodes, double *kept) { /* from the end: a node that is there twice has its first */
    for (Py_ssize_t i = COUNT(nodes); i-- > 0;) NODE_AT(nodes, i)->grad = kept[i];
    PyMem_Free(kept);
}

static int has_own(PyObject *nodes) {
    for (Py_ssize_t i = 0; i < COUNT(nodes); i++)
        if (NODE_AT(nodes, i)->row == OWN) return 1;
    return 0;
}

static int sweep_marked(PyObject *nodes, Py_ssize_t first, int forwards) {
    int failed = 0;
    for (Py_ssize_t i = first, n = COUNT(nodes); !failed && i < n; i++) {
        Node *v = NODE_AT(nodes, forwards ? i : n - 1 - (i - first));
        if (v->mark == WALK) failed = forwards ? take_in(v) : pass_on(v);
    }
    return failed;
}

/* carry(nodes, inputs, from, numbers, to, forwards): as pull_back() and push_forward() of graph.py have it; the nodes are
 * the inputs and then the order. Adjoints or tangents lie in the nodes meanwhile, so no Python code may run. None where
 * an operation of Python is among them. */
static PyObject *core_carry(PyObject *Py_UNUSED(_), PyObject *args) {
    PyObject *nodes = NULL, *inputs = NULL, *from = NULL, *to = NULL, *numbers, *results = NULL;
    int forwards;
    if (!PyArg_ParseTuple(args, "O&O&O&O!O&p", nodes_of, &nodes, nodes_of, &inputs, nodes_of, &from, &PyList_Type,
                          &numbers, nodes_of, &to, &forwards))
        return NULL;
    int is_own = has_own(nodes);
    double *kept = NULL;
    if (!is_own && (results = PyList_New(COUNT(to))) && !(kept = borrow_grads(nodes))) Py_CLEAR(results);
    if (kept) {
        mark_dependents(nodes, inputs);
        for (Py_ssize_t i = 0; i < COUNT(from); i++) {
            double number = PyFloat_AS_DOUBLE(PyList_GET_ITEM(numbers, i));
            NODE_AT(from, i)->grad = forwards ? number : NODE_AT(from, i)->grad + number;
        }
        if (sweep_marked(nodes, COUNT(inputs), forwards) < 0) Py_CLEAR(results);
        for (Py_ssize_t i = 0; results && i < COUNT(to); i++) {
            Node *v = NODE_AT(to, i);
            PyList_SET_ITEM(results, i, PyFloat_FromDouble(v->mark == WALK ? v->grad : 0.0));
        }
        give_grads_back(nodes, kept);
    }
    Py_DECREF(nodes), Py_DECREF(inputs), Py_DECREF(from), Py_DECREF(to);
    return is_own ? Py_NewRef(Py_None) : results;
}

/* has_outside(order, since): whether a leaf that moves is among the nodes, or one that moves and is older. */
static PyObject *core_has_outside(PyObject *Py_UNUSED(_), PyObject *args) {
    PyObject *order = NULL;
    long long since;
    int found = 0;
    if (!PyArg_ParseTuple(args, "O&L", nodes_of, &order, &since)) return NULL;
    for (Py_ssize_t i = 0; !found && i < COUNT(order); i++) {
        Node *v = NODE_AT(order, i);
        found = (v->row == LEAF || v->age < since) && moves(v);
    }
    Py_DECREF(order);
    return PyBool_FromLong(found);
}
