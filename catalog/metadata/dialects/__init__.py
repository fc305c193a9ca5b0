"""From every form that OME-Zarr metadata has had to the one normal form, that of 0.6.

Shape decides, not the version that a document claims: documents of one version hold
the shapes of another. ``transformations`` rewrites a transformation, ``v04`` the images
of 0.4 and 0.5 (and older), ``v06dev`` images and scenes of the development versions of
0.6, ``spatialdata`` the coordinate systems that spatialdata writes inline, and
``axis_names`` resolves axes given by name once the systems at both ends are known.

All of them take JSON values and return new ones: what was given is never changed.
"""
