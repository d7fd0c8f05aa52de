// Leads from where a page or a section was to where it is now. scripts/finish/redirects.py puts it where it is needed.
{
  const { page, sections } = document.currentScript.dataset;
  const moved = JSON.parse(sections);
  const leadOn = () => {
    const { hash, search } = location;
    if (Object.hasOwn(moved, hash)) location.replace(moved[hash]);
    else if (page) location.replace(page.includes("#") ? page : page + search + hash);
  };
  leadOn();
  addEventListener("hashchange", leadOn);
}
