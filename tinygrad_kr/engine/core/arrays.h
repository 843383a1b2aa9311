/* Rows over arrays, for the tape: where a batch is too small for NumPy, which passes over it once for every sign of a
 * formula. An array has the axes nodes and samples, or nodes, operands and samples; one of length 1 is the same for all. */
enum { NODES, OPERANDS, SAMPLES, AXES };

typedef struct { char *first; Py_ssize_t step[AXES]; double number; Py_buffer buffer; } Array;

static inline double *cell(const Array *a, Py_ssize_t node, Py_ssize_t operand, Py_ssize_t sample) {
    return (double *)(a->first + node * a->step[NODES] + operand * a->step[OPERANDS] + sample * a->step[SAMPLES]);
}

/* A sequence of arrays of doubles, or of plain numbers, which are the same everywhere; None has no first. Sizes that are
 * known yet (not -1) have to fit; an array that is written has no axis that is the same for all. */
static int open_arrays(PyObject *given, Array *arrays, Py_ssize_t *sizes, int is_written) {
    for (Py_ssize_t j = 0; j < PyTuple_GET_SIZE(given); j++) {
        PyObject *o = PyTuple_GET_ITEM(given, j);
        Array *a = &arrays[j];
        if (PyFloat_Check(o)) a->number = PyFloat_AS_DOUBLE(o), a->first = (char *)&a->number;
        if (PyFloat_Check(o) || o == Py_None) continue;
        if (PyObject_GetBuffer(o, &a->buffer, PyBUF_STRIDES | PyBUF_FORMAT | (is_written ? PyBUF_WRITABLE : 0)) < 0) return -1;
        if (strcmp(a->buffer.format, "d") || a->buffer.ndim < 2 || a->buffer.ndim > AXES)
            return PyErr_Format(PyExc_TypeError, "%R is no array of nodes and samples", o), -1;
        a->first = a->buffer.buf;
        for (int k = 0; k < a->buffer.ndim; k++) {
            int axis = a->buffer.ndim == 2 && k ? SAMPLES : k;
            Py_ssize_t size = a->buffer.shape[k], *known = &sizes[axis];
            if (*known < 0 && (is_written || axis == OPERANDS)) *known = size;
            if (size != *known && (size != 1 || is_written))
                return PyErr_Format(PyExc_ValueError, "an array has %zd along axis %d, not %zd", size, k, *known), -1;
            a->step[axis] = size == 1 ? 0 : a->buffer.strides[k];
        }
    }
    return 0;
}

static void close_arrays(Array *arrays, int count) {
    for (int j = 0; j < count; j++)
        if (arrays[j].buffer.obj) PyBuffer_Release(&arrays[j].buffer);
}

/* What a row is computed from and to: its result, its operands, and on the way back the upstream and the shares. */
typedef struct { int row, inputs, moving, is_masked; Array result[1], upstream[1], operand[3], share[3]; } Pass;

/* One node of one sample. The numbers have room for the operands, their shares, and one family more. */
static void pass_one(const Pass *p, Py_ssize_t n, Py_ssize_t node, Py_ssize_t sample, double *x) {
    double *c = x + p->inputs * n, *last = x + (p->inputs - 1) * n, *z = cell(p->result, node, 0, sample);
    for (int j = 0; j < p->inputs; j++)
        for (Py_ssize_t i = 0; i < n; i++) x[j * n + i] = *cell(&p->operand[j], node, i, sample);
    if (!p->upstream->first) {
        *z = row_forward(p->row, n, 0, x, last);
        return;
    }
    double g = *cell(p->upstream, node, 0, sample);
    memset(c, 0, (size_t)(p->inputs * n) * sizeof *c);
    if (!p->is_masked || g != 0.0) row_backward(p->row, g, n, 0, x, last, *z, p->moving, c);
    for (int j = 0; j < p->inputs; j++)
        for (Py_ssize_t i = 0; i < n && p->share[j].first; i++) *cell(&p->share[j], node, i, sample) = c[j * n + i];
}

/* replay(op, result, operands, upstream=None, shares=(), masked=False): computes the result, or where there is an upstream
 * the shares of the operands that are wanted. A masked node hands on nothing where nothing flows back to it. */
static PyObject *core_replay(PyObject *Py_UNUSED(_), PyObject *args) {
    PyObject *op, *result, *operands, *upstream = Py_None, *shares = NULL, *done = NULL;
    Pass p = {0};
    if (!PyArg_ParseTuple(args, "OO!O!|O!O!p", &op, &PyTuple_Type, &result, &PyTuple_Type, &operands, &PyTuple_Type,
                          &upstream, &PyTuple_Type, &shares, &p.is_masked))
        return NULL;
    Py_ssize_t k, sizes[AXES] = {-1, -1, -1};
    p.row = place_of(op, &k), p.inputs = ROWS[p.row].inputs;
    int count = shares ? p.inputs : 0;
    if (p.row == OWN || PyTuple_GET_SIZE(result) != 1 || PyTuple_GET_SIZE(operands) != p.inputs ||
        (shares && (PyTuple_GET_SIZE(upstream) != 1 || PyTuple_GET_SIZE(shares) != p.inputs)))
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "%R is no row to replay so", op);
    for (int j = 0; j < count; j++) p.moving |= (PyTuple_GET_ITEM(shares, j) != Py_None) << j;
    if ((shares ? open_arrays(shares, p.share, sizes, 1) || open_arrays(upstream, p.upstream, sizes, 0) : 0) == 0 &&
        open_arrays(result, p.result, sizes, !shares) == 0 && open_arrays(operands, p.operand, sizes, 0) == 0) {
        Py_ssize_t n = sizes[OPERANDS] < 0 ? 1 : sizes[OPERANDS];
        double *room = PyMem_Malloc((size_t)(2 * p.inputs + 1) * (size_t)(n + 1) * sizeof *room);
        for (Py_ssize_t node = 0; room && node < sizes[NODES]; node++)
            for (Py_ssize_t sample = 0; sample < sizes[SAMPLES]; sample++) pass_one(&p, n, node, sample, room);
        done = room ? Py_NewRef(Py_None) : PyErr_NoMemory();
        PyMem_Free(room);
    }
    close_arrays(p.result, 1), close_arrays(p.upstream, 1), close_arrays(p.operand, 3), close_arrays(p.share, 3);
    return done;
}
