/* Freeing, without recursion: a plain node that dies with its last reference waits in a list. */

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
